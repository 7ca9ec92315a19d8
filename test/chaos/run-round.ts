import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chance } from '../support/random-org.ts';
import { type Finished, spawnCli } from '../support/spawn-cli.ts';
import { ChaosServer } from './chaos-server.ts';
import { type Disturbance, disturbance } from './disturb.ts';
import { differences, type Likeness, likeness } from './likeness.ts';

/** Attempts after which a migration that does not come to its end is a failure of ours. */
const MOST_ATTEMPTS = 60;
const SPEC = 'version: 1\n';

export interface Round {
  readonly kills: number;
  readonly serverKills: number;
  readonly resumes: number;
  readonly faults: number;
  /** Rows in the destination, and how many of their writes were made again. */
  readonly rows: number;
  readonly rewritten: number;
  readonly milliseconds: number;
  /** What is wrong; empty when all is well. */
  readonly troubles: readonly string[];
}

/** A migration from a copy of the prepared world, in a folder of its own, with or without trouble on the way. */
export async function runRound(
  world: string,
  chance: Chance | undefined,
  wanted: Likeness | undefined,
  quiet: number,
): Promise<{ readonly round: Round; readonly likeness: Likeness }> {
  const place = mkdtempSync(join(tmpdir(), 'bt-migrate-chaos-'));
  cpSync(world, join(place, 'world.db'));
  writeFileSync(join(place, 'migration.yaml'), SPEC);
  const server = await ChaosServer.start(join(place, 'world.db'));
  const env = {
    BT_SOURCE_URL: server.url,
    BT_DEST_URL: server.url,
    BT_SOURCE_API_KEY: server.keys[0],
    BT_DEST_API_KEY: server.keys[1],
  };
  const run = (...argv: string[]): Promise<Finished> => spawnCli(argv, { cwd: place, env }).finished;
  const troubles: string[] = [];
  const counts = { kills: 0, serverKills: 0, resumes: 0, faults: 0 };
  const started = performance.now();
  try {
    const planned = await run('plan', '-o', 'plan.out');
    if (planned.code !== 0) throw new Error(`plan ended with ${planned.code}: ${planned.stderr}`);
    const began = performance.now();
    let ended = false;
    for (let attempt = 1; !ended && attempt <= MOST_ATTEMPTS; attempt += 1) {
      // The last attempts are left alone, so that only what cannot be finished is counted as unfinished.
      const trouble = chance === undefined || attempt > MOST_ATTEMPTS / 2 ? undefined : disturbance(chance, quiet);
      if (attempt > 1) counts.resumes += 1;
      ended = await attemptApply(server, place, env, trouble, counts, troubles);
    }
    const milliseconds = performance.now() - began;
    if (!ended) troubles.push(`not finished after ${MOST_ATTEMPTS} attempts`);
    await server.clearFaults();
    for (const [argv, code, words] of [
      [['state', 'check'], 0, 'no problems'],
      [['state', 'unlock'], 0, 'was not locked'],
      [['plan', '--detailed-exitcode'], 0, ''],
      [['apply', 'plan.out'], 0, 'already applied'],
    ] as const) {
      const after = await run(...argv);
      if (after.code !== code || !`${after.stdout}${after.stderr}`.toLowerCase().includes(words)) {
        troubles.push(`${argv.join(' ')} ended with ${after.code}: ${after.stdout.slice(0, 2000)}${after.stderr}`);
      }
    }
    const leftovers = readdirSync(place).filter(
      (name) => /db-(wal|shm|journal)$/.test(name) && !name.startsWith('world'),
    );
    if (leftovers.length > 0) troubles.push(`left behind: ${leftovers.join(', ')}`);
    const found = await likeness(server.destination);
    if (wanted !== undefined) troubles.push(...describe(wanted, found));
    const { rows, rewritten } = await countRewrites(server);
    return { round: { ...counts, rows, rewritten, milliseconds, troubles }, likeness: found };
  } finally {
    await server.stop();
    if (troubles.length === 0) rmSync(place, { recursive: true, force: true });
    else process.stderr.write(`kept ${place} (${Math.round(performance.now() - started)} ms)\n`);
  }
}

async function attemptApply(
  server: ChaosServer,
  cwd: string,
  env: Readonly<Record<string, string>>,
  trouble: Disturbance | undefined,
  counts: { kills: number; serverKills: number; faults: number },
  troubles: string[],
): Promise<boolean> {
  if (trouble !== undefined) {
    await server.clearFaults();
    if (trouble.faults.length > 0) await server.fault(trouble.faults);
    counts.faults += trouble.faults.length;
  }
  const running = spawnCli(['apply', 'plan.out', '--log-level', 'warn'], { cwd, env });
  let killed = false;
  const timers: NodeJS.Timeout[] = [];
  let restarted: Promise<void> = Promise.resolve();
  if (trouble?.killAfter !== undefined) {
    timers.push(
      setTimeout(() => {
        killed = running.process.kill('SIGKILL');
      }, trouble.killAfter),
    );
  }
  if (trouble?.killServerAfter !== undefined) {
    timers.push(
      setTimeout(() => {
        counts.serverKills += 1;
        restarted = server.killAndRestart();
      }, trouble.killServerAfter),
    );
  }
  const { code, stderr } = await running.finished;
  for (const timer of timers) clearTimeout(timer);
  await restarted;
  if (killed && code === null) {
    counts.kills += 1;
    return false;
  }
  if (code === 0) return true;
  // Under faults a run may end early, with one of the codes that say so; anything else is ours.
  if (code !== 3 && code !== 8) troubles.push(`apply ended with ${code}: ${stderr.slice(-2000)}`);
  if (/This is a bug|\n\s+at /.test(stderr)) troubles.push(`apply said: ${stderr.slice(-2000)}`);
  return false;
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

/** Rows of the destination's containers: how many there are, and how many versions too many. */
async function countRewrites(server: ChaosServer): Promise<{ rows: number; rewritten: number }> {
  const containers = new Set(
    (
      await Promise.all(['project', 'dataset', 'experiment'].map((path) => server.destination.list(`/v1/${path}`)))
    ).flatMap((objects) => objects.map(({ id }) => id)),
  );
  let rows = 0;
  let versions = 0;
  for (const { container, rows: written } of (await server.dump()).rows) {
    if (!containers.has(container.id)) continue;
    versions += written.length;
    rows += new Set(written.map(idOf)).size;
  }
  return { rows, rewritten: versions - rows };
}

function idOf(row: unknown): string {
  const { json, row: object } = row as { json?: string; row?: { id?: string } };
  return object?.id ?? String((JSON.parse(json ?? '{}') as { id?: string }).id);
}
