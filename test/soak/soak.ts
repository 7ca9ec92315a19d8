/*
 * Edits a source for as long as asked, migrates it again and again meanwhile, with the built binary and with a program that
 * uses the library and never ends, and shows that neither holds more at the end than at the beginning and that nothing is
 * missing. Linux only.
 *
 *   npm run soak -- --minutes 60 --seed 7 [--pause 4]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type AcmeFolder, AcmeProcess } from '../support/acme-process.ts';
import { Chance } from '../support/random-org.ts';
import { judge } from './flatness.ts';
import { peakMemory } from './peak-memory.ts';
import { LATE, SourceEditor } from './source-editor.ts';

const SPEC = 'policy: { prune: true, max_deletes: 1000000 }\n';
const STATE = 'bt-migrate.state.db';
const LIBRARY_ORG = { name: 'Acme Library', key: 'sk-acme-library' };
const ORGS = ['Acme Dev=sk-acme-dev', 'Acme Prod=sk-acme-prod', `${LIBRARY_ORG.name}=${LIBRARY_ORG.key}`];
/** What may end a cycle while somebody edits the source: done, blocked or failed in part, or the source moved after the plan. */
const OUTCOMES: Readonly<Record<number, string>> = { 0: 'applied', 3: 'partly applied', 4: 'stale' };
/** Rows are edited so often, and now and then an object: a plan is stale when one moves before it is applied. */
const STEP_MS = 500;
const OBJECT_EDITS_ONE_IN = 16;
/** Plans after which nothing may be left to do: the second sees what the first was too early for. */
const LAST_CYCLES = 3;

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, pause: { type: 'string' } },
});
const minutes = Number(values.minutes ?? 60);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const pause = Number(values.pause ?? 4) * 1000;
const began = Date.now();
const until = began + minutes * 60_000;

interface LibrarySample {
  readonly outcome: string;
  readonly rss: number;
  readonly heap: number;
  readonly handles: number;
  readonly isLast?: true;
}

const troubles: string[] = [];
const outcomes = new Map<string, number>();
const cycles: { planPeak: number; applyPeak: number; state: number }[] = [];
const samples: LibrarySample[] = [];

const acme = await AcmeProcess.start(ORGS);
const editor = new SourceEditor(acme.source, new Chance(seed));
try {
  await acme.control('POST', 'visibility', { lateRows: [{ idIncludes: LATE, lag: 20_000 }] });
  await editor.begin();
  const folder = acme.folder(SPEC);
  const libraryFolder = acme.folder(SPEC, { BT_DEST_API_KEY: LIBRARY_ORG.key });
  const library = startLibraryUser(libraryFolder);
  const editing = editUntilTheEnd();
  while (Date.now() < until && troubles.length === 0) {
    await cycle(folder);
    await acme.clearRequests();
    await wait(Math.min(pause, Math.max(0, until - Date.now())));
  }
  await editing;
  await letLateRowsTurnUp();
  await endLibraryUser(library);
  for (const [name, one] of [
    ['binary', folder],
    ['library', libraryFolder],
  ] as const) {
    await settle(name, one);
  }
} finally {
  await acme.stop();
}
report();

async function editUntilTheEnd(): Promise<void> {
  for (let step = 1; Date.now() < until && troubles.length === 0; step += 1) {
    await editor.editRows();
    if (step % OBJECT_EDITS_ONE_IN === 0) await editor.editObject();
    await wait(STEP_MS);
  }
}

async function cycle(folder: AcmeFolder): Promise<void> {
  const planning = folder.start(['plan', '-o', 'plan.out', '--log-level', 'warn']);
  const planPeak = await peakMemory(planning);
  const planned = await planning.finished;
  if (planned.code !== 0) {
    troubles.push(`plan ended with ${planned.code}: ${planned.stderr.slice(-2000)}`);
    return;
  }
  const applying = folder.start(['apply', 'plan.out', '--log-level', 'warn']);
  const applyPeak = await peakMemory(applying);
  const { code, stderr } = await applying.finished;
  const outcome = OUTCOMES[code ?? -1];
  if (outcome === undefined) troubles.push(`apply ended with ${code}: ${stderr.slice(-2000)}`);
  else count(`binary: ${outcome}`);
  const state = folder.has(STATE) ? statSync(join(folder.files.folder, STATE)).size / 2 ** 20 : 0;
  cycles.push({ planPeak, applyPeak, state });
}

function startLibraryUser({ files, env }: AcmeFolder): ChildProcess {
  const options = { pause, specPath: join(files.folder, 'migration.yaml'), env };
  const script = fileURLToPath(new URL('library-user.mjs', import.meta.url));
  const child = fork(script, [JSON.stringify(options)], { execArgv: ['--expose-gc'] });
  child.on('message', (sample: LibrarySample) => {
    samples.push(sample);
    if (!['applied', 'partly applied', 'BTM_PLAN_STALE'].includes(sample.outcome)) {
      troubles.push(`the library ended a cycle with ${sample.outcome}`);
    } else count(`library: ${sample.outcome === 'BTM_PLAN_STALE' ? 'stale' : sample.outcome}`);
  });
  child.on('exit', (code) => {
    if (code !== 0) troubles.push(`the program that uses the library ended with ${code}`);
  });
  return child;
}

async function endLibraryUser(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.send('last');
  await once(child, 'exit');
}

/** Nobody edits any more: all that is left is done, then nothing is left, and everything is there. */
async function settle(name: string, folder: AcmeFolder): Promise<void> {
  let isDone = false;
  for (let attempt = 1; !isDone && attempt <= LAST_CYCLES; attempt += 1) {
    const applied = await folder.run(['apply', '--auto-approve', '--log-level', 'warn']);
    if (applied.code !== 0) troubles.push(`${name}: the last apply ended with ${applied.code}: ${applied.stderr}`);
    isDone = (await folder.run(['plan', '--detailed-exitcode'])).code === 0;
  }
  // Both organizations show such rows late, also those that have just arrived.
  await letLateRowsTurnUp();
  for (const argv of [
    ['plan', '--detailed-exitcode'],
    ['state', 'check'],
    ['verify', '--level', 'content'],
  ]) {
    const { code, stdout, stderr } = await folder.run(argv);
    count(`${name}: ${argv.join(' ')}: ${code === 0 ? 'clean' : 'NOT CLEAN'}`);
    if (code !== 0) troubles.push(`${name}: ${argv.join(' ')} ended with ${code}: ${stdout.slice(-3000)}${stderr}`);
  }
}

async function letLateRowsTurnUp(): Promise<void> {
  await acme.control('POST', 'clock', { advance: 180_000 });
}

function count(what: string): void {
  outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
}

function report(): void {
  const megabytes = (bytes: number): number => bytes / 2 ** 20;
  const judged = [
    { name: 'plan: peak RSS, MB', unit: 'MB', values: cycles.map(({ planPeak }) => planPeak) } as const,
    { name: 'apply: peak RSS, MB', unit: 'MB', values: cycles.map(({ applyPeak }) => applyPeak) } as const,
    { name: 'library: RSS after gc, MB', unit: 'MB', values: samples.map(({ rss }) => megabytes(rss)) } as const,
    { name: 'library: heap after gc, MB', unit: 'MB', values: samples.map(({ heap }) => megabytes(heap)) } as const,
    { name: 'library: open file handles', unit: 'handles', values: samples.map(({ handles }) => handles) } as const,
  ].map(judge);
  const figure = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1)).padStart(8);
  const lines = [
    `seed ${seed}, ${((Date.now() - began) / 60_000).toFixed(1)} minutes, pause ${pause / 1000} s`,
    '',
    `${'what'.padEnd(30)}  cycles     first      last   at most`,
    ...judged.map(
      ({ name, first, last, limit, isFlat, cycles: of }) =>
        `${name.padEnd(30)}${figure(of)}  ${figure(first)}  ${figure(last)}  ${figure(limit)}  ${isFlat ? 'flat' : 'NOT FLAT'}`,
    ),
    `state file, MB: ${(cycles[0]?.state ?? 0).toFixed(2)} after the first cycle, ${(cycles.at(-1)?.state ?? 0).toFixed(2)} after the last`,
    '',
    ...Object.entries(editor.counts).map(([what, times]) => `source ${what.padEnd(22)} ${times}`),
    ...[...outcomes].sort().map(([what, times]) => `${what.padEnd(46)} ${times}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  for (const trouble of troubles) process.stdout.write(`\n${trouble}\n`);
  process.exitCode = troubles.length === 0 && judged.every(({ isFlat }) => isFlat) ? 0 : 1;
}
