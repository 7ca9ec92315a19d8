import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BtMigrateError } from '../../domain/errors.ts';
import type { CommandContext, CommandResult } from '../define-command.ts';
import { usageError } from '../usage-error.ts';
import { type CiFile, type CiProvider, ciTemplates } from './ci-templates.ts';

const NEXT: Readonly<Record<CiProvider, readonly string[]>> = {
  github: [
    'Set the variables BT_SOURCE_URL and BT_DEST_URL, and the secrets BT_SOURCE_READ_KEY and BT_DEST_READ_KEY.',
    'Set BT_DEST_WRITE_KEY, and what `secrets:` in the spec names, in the environment "production" only.',
  ],
  gitlab: [
    'Include the file from .gitlab-ci.yml, and set the variables that its first lines name.',
    'Make a schedule for the nightly check.',
  ],
};

/**
 * Writes the CI files of a provider into the working folder: all, or none when one of them is there with other content.
 * @throws BTM_USAGE for a file that is there, BTM_FAILED for one that cannot be written.
 */
export async function writeCiFiles({ io }: CommandContext, provider: CiProvider): Promise<CommandResult> {
  const files = ciTemplates(provider);
  const kept = files.filter((file) => isThere(io.cwd, file));
  for (const file of files) {
    if (kept.includes(file)) continue;
    await write(join(io.cwd, file.path), file);
  }
  const lines = files.map((file) => `${kept.includes(file) ? 'Unchanged' : 'Wrote'} ${file.path}.`);
  return {
    exitCode: 0,
    summary: kept.length === files.length ? 'Nothing to write' : `Wrote ${files.length - kept.length} files`,
    text: [...lines, '', ...NEXT[provider], 'docs/gitops.md tells the whole story.', ''].join('\n'),
    document: { files: files.map((file) => ({ path: file.path, written: !kept.includes(file) })) },
  };
}

function isThere(folder: string, { path, text }: CiFile): boolean {
  const place = join(folder, path);
  if (!existsSync(place)) return false;
  if (readFileSync(place, 'utf8') === text) return true;
  throw usageError(
    `${path} is there already, with other content, and was left as it is. Nothing was written.`,
    'Move it away, run the same command again, and carry over what you changed.',
  );
}

async function write(place: string, { path, text }: CiFile): Promise<void> {
  try {
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, text, { flag: 'wx' });
  } catch (cause) {
    throw new BtMigrateError('BTM_FAILED', {
      detail: `${path} cannot be written: ${(cause as Error).message}.`,
      hint: 'Make its folder writable, and run the same command again.',
      cause,
    });
  }
}
