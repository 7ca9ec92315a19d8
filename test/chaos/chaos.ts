/*
 * Kills the built binary and its server at random moments, breaks its requests, and runs the same command again until it is
 * done; then compares the destination with that of a run that nothing disturbed.
 *
 *   npm run chaos -- --minutes 2 --seed 7
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Chance } from '../support/random-org.ts';
import { ChaosServer } from './chaos-server.ts';
import { fillWorld } from './chaos-world.ts';
import { disturbance, nextStep } from './disturb.ts';
import { type Round, runRound } from './run-round.ts';

/** Rounds on one world before another one is made, and the one that kills at every write instead of at random. */
const ROUNDS_PER_WORLD = 8;
const STEPWISE_ROUND = 3;
/** Attempts that are disturbed; a stepwise round needs two for every write. */
const MOST_RANDOM = 30;
const MOST_STEPS = 1000;

const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? 2);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const until = Date.now() + minutes * 60_000;
const total = {
  rounds: 0,
  worlds: 0,
  kills: 0,
  serverKills: 0,
  resumes: 0,
  faults: 0,
  rows: 0,
  rewritten: 0,
  attachments: 0,
};
const troubles: string[] = [];

while (Date.now() < until && troubles.length === 0) {
  const worldSeed = seed + total.worlds;
  const folder = mkdtempSync(join(tmpdir(), 'bt-migrate-world-'));
  try {
    await roundsOf(join(folder, 'world.db'), worldSeed);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
report();

async function roundsOf(world: string, worldSeed: number): Promise<void> {
  const chance = new Chance(worldSeed);
  const server = await ChaosServer.start(world);
  await fillWorld(server.source, chance);
  await server.stop();
  total.worlds += 1;
  const { round: quiet, likeness: wanted } = await runRound(world, undefined);
  note(quiet, worldSeed, 'undisturbed');
  if (quiet.rows === 0) troubles.push(`seed ${worldSeed}: the world has no rows, so nothing is shown`);
  if (JSON.stringify([...wanted.rows]).includes('MISSING')) troubles.push(`seed ${worldSeed}: lost 1 attachment`);
  for (let number = 1; number <= ROUNDS_PER_WORLD && Date.now() < until && troubles.length === 0; number += 1) {
    const isStepwise = number === STEPWISE_ROUND;
    const { round } = await runRound(world, wanted, (attempt) => {
      // When the time is over, what was begun still comes to its end and is compared.
      if (Date.now() > until || attempt > (isStepwise ? MOST_STEPS : MOST_RANDOM)) return undefined;
      return isStepwise ? nextStep(attempt) : disturbance(chance, quiet.milliseconds);
    });
    note(round, worldSeed, `round ${number}${isStepwise ? ', at every write' : ''}`);
  }
}

function note(round: Round, worldSeed: number, name: string): void {
  total.rounds += 1;
  for (const key of ['kills', 'serverKills', 'resumes', 'faults', 'rows', 'rewritten', 'attachments'] as const) {
    total[key] += round[key];
  }
  troubles.push(...round.troubles.map((trouble) => `seed ${worldSeed}, ${name}: ${trouble}`));
}

function report(): void {
  const lines = [
    `seed ${seed}, ${minutes} minutes`,
    `worlds            ${total.worlds}`,
    `migrations        ${total.rounds}`,
    `kills             ${total.kills}`,
    `server kills      ${total.serverKills}`,
    `resumes           ${total.resumes}`,
    `faults injected   ${total.faults}`,
    `rows checked      ${total.rows}`,
    `attachments       ${total.attachments}`,
    `rows sent again   ${total.rewritten}`,
    `losses            ${troubles.filter((text) => / lost \d/.test(text)).length}`,
    `duplicates        ${troubles.filter((text) => / doubled or changed \d/.test(text)).length}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  for (const trouble of troubles) process.stdout.write(`\n${trouble}\n`);
  process.exitCode = troubles.length === 0 ? 0 : 1;
}
