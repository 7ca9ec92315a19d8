import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, spawnCli } from '../support/spawn-cli.ts';
import { attemptApply, type Place } from './attempt-apply.ts';
import { ChaosServer } from './chaos-server.ts';
import type { Disturbance } from './disturb.ts';
import { differences, type Likeness, likeness } from './likeness.ts';
import { findResent } from './resent.ts';

/** Attempts that are left alone; a migration that does not come to its end in them is a failure of ours. */
const QUIET_ATTEMPTS = 10;
const SPEC = 'version: 1\n';

export interface Round {
  readonly kills: number;
  readonly serverKills: number;
  readonly resumes: number;
  /** Requests that were broken. */
  readonly faults: number;
  /** Rows in the destination, and how many of their writes were made again. */
  readonly rows: number;
  readonly rewritten: number;
  readonly attachments: number;
  readonly milliseconds: number;
  /** What is wrong; empty when all is well. */
  readonly troubles: readonly string[];
}

/** What the attempts of a round are put through: the first is number 1; undefined leaves this one and all later ones alone. */
export type Trouble = (attempt: number) => Disturbance | undefined;

/** A migration from a copy of the prepared world, in a folder of its own, with or without trouble on the way. */
export async function runRound(
  world: string,
  wanted: Likeness | undefined,
  trouble: Trouble = () => undefined,
): Promise<{ readonly round: Round; readonly likeness: Likeness }> {
  const cwd = mkdtempSync(join(tmpdir(), 'bt-migrate-chaos-'));
  cpSync(world, join(cwd, 'world.db'));
  writeFileSync(join(cwd, 'migration.yaml'), SPEC);
  const server = await ChaosServer.start(join(cwd, 'world.db'));
  const env = {
    BT_SOURCE_URL: server.url,
    BT_DEST_URL: server.url,
    BT_SOURCE_API_KEY: server.keys[0],
    BT_DEST_API_KEY: server.keys[1],
  };
  const run = (...argv: string[]): Promise<Finished> => spawnCli(argv, { cwd, env }).finished;
  const troubles: string[] = [];
  const counts = { kills: 0, serverKills: 0, faults: 0 };
  const started = performance.now();
  try {
    const planned = await run('plan', '-o', 'plan.out');
    if (planned.code !== 0) throw new Error(`plan ended with ${planned.code}: ${planned.stderr}`);
    const began = performance.now();
    const begins = await applyUntilDone({ server, cwd, env, counts, troubles }, trouble);
    const milliseconds = performance.now() - began;
    for (const [argv, words] of [
      [['state', 'check'], 'no problems'],
      [['state', 'unlock'], 'was not locked'],
      [['plan', '--detailed-exitcode'], ''],
      [['apply', 'plan.out'], 'already applied'],
    ] as const) {
      const after = await run(...argv);
      if (after.code !== 0 || !`${after.stdout}${after.stderr}`.toLowerCase().includes(words)) {
        troubles.push(`${argv.join(' ')} ended with ${after.code}: ${after.stdout.slice(0, 2000)}${after.stderr}`);
      }
    }
    const leftovers = readdirSync(cwd).filter(
      (name) => /db-(wal|shm|journal)$/.test(name) && !name.startsWith('world'),
    );
    if (leftovers.length > 0) troubles.push(`left behind: ${leftovers.join(', ')}`);
    const found = await likeness(server.destination);
    if (wanted !== undefined) troubles.push(...describe(wanted, found));
    const { rows, rewritten, troubles: resent } = await findResent(server, begins);
    troubles.push(...resent);
    const { attachments } = found;
    const resumes = begins.length - 1;
    return { round: { ...counts, resumes, rows, rewritten, attachments, milliseconds, troubles }, likeness: found };
  } finally {
    await server.stop();
    if (troubles.length === 0) rmSync(cwd, { recursive: true, force: true });
    else process.stderr.write(`kept ${cwd} (${Math.round(performance.now() - started)} ms)\n`);
  }
}

/** The same command again and again. Returns for every attempt a transaction from before it. */
async function applyUntilDone(place: Place, trouble: Trouble): Promise<readonly bigint[]> {
  const begins: bigint[] = [];
  let quiet = 0;
  while (quiet < QUIET_ATTEMPTS) {
    begins.push(await place.server.now());
    const disturbed = quiet > 0 ? undefined : trouble(begins.length);
    if (disturbed === undefined) quiet += 1;
    const ended = await attemptApply(place, disturbed);
    if (ended === 'done') return begins;
    if (ended === 'partly') await retryQuarantined(place);
  }
  place.troubles.push(`not finished after ${begins.length} attempts`);
  return begins;
}

/** What the faults kept from arriving, such as an attachment, is tried again when nothing is broken. */
async function retryQuarantined({ cwd, env, troubles }: Place): Promise<void> {
  const retried = await spawnCli(['quarantine', 'retry'], { cwd, env }).finished;
  if (retried.code !== 0) troubles.push(`quarantine retry ended with ${retried.code}: ${retried.stderr}`);
}

function describe(wanted: Likeness, found: Likeness): string[] {
  const { lost, surplus, moved } = differences(wanted, found);
  const some = (texts: readonly string[]): string => texts.slice(0, 3).join('\n').slice(0, 1500);
  return [
    ...(lost.length > 0 ? [`lost ${lost.length}: ${some(lost)}`] : []),
    ...(surplus.length > 0 ? [`doubled or changed ${surplus.length}: ${some(surplus)}`] : []),
    ...(moved.length > 0 ? [`out of order in ${moved.join(', ')}`] : []),
  ];
}
