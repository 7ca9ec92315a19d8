// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the spelling of a variable in a spec.
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usageError } from '../usage-error.ts';
import { writePrivateFile } from '../write-private-file.ts';
import type { DemoServer } from './demo-server.ts';

/**
 * Makes the folder of a demo: the one that was asked for, or a new temporary one.
 * @throws BTM_USAGE when it holds anything, or cannot be made.
 */
export function makeDemoFolder(wanted: string | undefined): string {
  if (wanted === undefined) return mkdtempSync(join(tmpdir(), 'bt-migrate-demo-'));
  try {
    mkdirSync(wanted, { recursive: true });
    if (readdirSync(wanted).length === 0) return wanted;
  } catch (error) {
    throw usageError(`--dir ${wanted} cannot be used: ${(error as Error).message}.`, 'Name an empty or a new folder.');
  }
  throw usageError(`--dir ${wanted} is not empty.`, 'Name an empty or a new folder: the demo overwrites nothing.');
}

/** Variables of the demo, as `.env` has them. */
export function demoEnvironment({ url, orgs }: Pick<DemoServer, 'url' | 'orgs'>): Readonly<Record<string, string>> {
  const [source, destination] = orgs;
  return {
    BT_SOURCE_URL: url,
    BT_DEST_URL: url,
    BT_SOURCE_API_KEY: source?.key ?? '',
    BT_DEST_API_KEY: destination?.key ?? '',
    PROD_OPENAI_API_KEY: 'sk-not-a-real-key',
  };
}

/** Writes what a user would have before the first command. */
export async function writeDemoFiles(folder: string, server: DemoServer, binary: string): Promise<void> {
  const env = Object.entries(demoEnvironment(server)).map(([name, value]) => `${name}=${value}\n`);
  await writePrivateFile(join(folder, 'migration.yaml'), SPEC);
  await writePrivateFile(join(folder, '.env'), env.join(''));
  await writePrivateFile(join(folder, 'README.txt'), readme(server, binary));
}

/** The folder for whole outputs, of which the demo may show a part. */
export function makeOutputFolder(folder: string): void {
  mkdirSync(join(folder, 'output'));
}

const SPEC = `# Where from, where to. The two URLs and keys are in .env, as they would be in a CI job.
version: 1
source: { org: Acme Dev, api_key: "\${BT_SOURCE_API_KEY}" }
destination: { org: Acme Prod, api_key: "\${BT_DEST_API_KEY}" }

# Everything is migrated unless the spec says otherwise. No API returns a secret, so this one is given here.
secrets:
  ai_secret.OPENAI_API_KEY: "\${PROD_OPENAI_API_KEY}"

# What cannot be migrated is blocked until a person agrees to it, with a reason.
accept:
  - at: function."Support bot".resolution-check
    reason: its code is a bundle; the repository of the bot pushes it with its next release
  - at: project_score."Support bot"."Bundle review"
    reason: needs resolution-check, and follows by itself once that is there
`;

function readme({ url }: DemoServer, binary: string): string {
  return `The folder of a bt-migrate demo. Nothing in it is secret or real.

  migration.yaml       what to migrate, and what was agreed to
  .env                 the two URLs and keys
  plan.out             the first plan, which was applied; update.out, rows.out and back.out came later
  bt-migrate.state.db  remembers which source object became which destination object
  emulator.db          both organizations, as the embedded server keeps them
  output/              everything the commands printed

To look around, start the server again in one terminal, in this folder:

  alias bt-migrate='node ${binary}'
  bt-migrate emulator --data emulator.db --port ${new URL(url).port}

and in another:

  alias bt-migrate='node ${binary}'
  bt-migrate plan
  bt-migrate state list --format csv
  bt-migrate graph plan.out --format mermaid
  bt-migrate --help

Change migration.yaml (rename a project, exclude a kind), plan again, and see what would happen.
`;
}
