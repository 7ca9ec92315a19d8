import { afterEach, beforeEach, expect, test } from 'vitest';
import { AcmeProcess } from '../support/acme-process.ts';
import { mixedRow, type RowContainerOf, writeRows } from '../support/mixed-rows.ts';
import { Chance } from '../support/random-org.ts';
import { rowTexts } from '../support/row-texts.ts';

const SEED = 20_261_124;
const KILLS = 5;
const ROWS = { project_logs: 20_000, dataset: 4_000, experiment: 6_000 } as const;
const LISTS = { project_logs: 'project', dataset: 'dataset', experiment: 'experiment' } as const;

let acme: AcmeProcess;

beforeEach(async () => {
  acme = await AcmeProcess.start();
});

afterEach(() => acme.stop());

async function seed(): Promise<RowContainerOf[]> {
  const project = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  const make = (kind: string, name: string) =>
    acme.source.object('POST', `/v1/${kind}`, { project_id: project.id, name });
  const containers: RowContainerOf[] = [
    { type: 'project_logs', id: project.id, name: 'Support bot' },
    { type: 'dataset', id: (await make('dataset', 'Tickets')).id, name: 'Tickets' },
    { type: 'experiment', id: (await make('experiment', 'Baseline')).id, name: 'Baseline' },
  ];
  for (const container of containers) await write(container, 0, ROWS[container.type]);
  return containers;
}

function write(container: RowContainerOf, from: number, to: number, edition = 0): Promise<void> {
  const rows = Array.from({ length: to - from }, (_, index) => mixedRow(from + index, edition));
  return writeRows({ url: acme.url, key: acme.keys[0] }, container, rows);
}

/** Every row of the source, byte for byte and in order. */
async function expectEqual(containers: readonly RowContainerOf[]): Promise<void> {
  const dump = await acme.dump();
  for (const { type, id, name } of containers) {
    const held = await acme.destination.list(`/v1/${LISTS[type]}`);
    const wanted = rowTexts(dump, type, id);
    const found = rowTexts(dump, type, held.find((one) => one.name === name)?.id ?? '');
    expect([...found.keys()]).toEqual([...wanted.keys()]);
    for (const [row, text] of wanted) if (found.get(row) !== text) expect(`${row}: ${found.get(row)}`).toBe(text);
  }
}

/** Applies the plan and kills it at a request that chance picks, before or after its effect. Returns whether it came so far. */
async function killOnce(folder: ReturnType<AcmeProcess['folder']>, chance: Chance): Promise<boolean> {
  const when = chance.below(2) === 0 ? 'before' : 'after';
  const match = { method: 'POST', path: chance.below(2) === 0 ? '/logs3*' : '/btql' };
  const hold = await acme.fault({ match, after: chance.below(4), times: 1, action: { type: 'hold', when } });
  const running = folder.start(['apply', 'plan.out']);
  const isHeld = await acme.heldUnless(hold, running.finished);
  running.process.kill('SIGKILL');
  await running.finished;
  await acme.abandon(hold);
  return isHeld;
}

test('30,000 rows survive five kills during the first copy and five during the next, none lost, all in order', async () => {
  const chance = new Chance(SEED);
  const containers = await seed();
  const [logs, dataset] = containers as [RowContainerOf, RowContainerOf];
  const folder = acme.folder('limits: { memory_mb: 32, parallelism: 2 }\n');
  await folder.ok('plan', '-o', 'plan.out');
  let kills = 0;
  for (let round = 0; round < KILLS; round++) kills += (await killOnce(folder, chance)) ? 1 : 0;
  expect(kills).toBe(KILLS);
  const first = JSON.parse((await folder.ok('apply', 'plan.out', '--json')).stdout);
  expect(first).toMatchObject({ exit_code: 0, resumed: true, summary: { rows: 30_000, quarantined: 0 } });
  await expectEqual(containers);

  await write(logs, 100, 400, 1);
  await write(logs, 20_000, 22_000);
  await write(dataset, 3_000, 3_500, 1);
  await folder.ok('plan', '-o', 'plan.out');
  for (let round = 0; round < KILLS; round++) kills += (await killOnce(folder, chance)) ? 1 : 0;
  expect(kills).toBeGreaterThan(KILLS + 1);
  await folder.ok('apply', 'plan.out');
  await expectEqual(containers);
  const again = JSON.parse((await folder.ok('plan', '--json')).stdout);
  expect(again.estimates.actions).toMatchObject({ create: 0, update: 0, copy: 0 });
}, 300_000);

test('SIGINT while rows are on their way ends with 130 within five seconds, and the same plan goes on', async () => {
  const containers = await seed();
  const folder = acme.folder('limits: { memory_mb: 32, parallelism: 2 }\n');
  await folder.ok('plan', '-o', 'plan.out');
  const match = { method: 'POST', path: '/logs3*', org: 'Acme Prod' };
  const hold = await acme.fault({ match, after: 2, times: 1, action: { type: 'hold', when: 'before' } });
  const running = folder.start(['apply', 'plan.out', '--json']);
  await acme.held(hold);
  running.process.kill('SIGINT');
  await running.complains('stopping after the work in flight');
  const released = performance.now();
  await acme.abandon(hold);
  const ended = await running.finished;
  expect(performance.now() - released).toBeLessThan(5000);
  expect(ended.code).toBe(130);
  const { summary } = JSON.parse(ended.stdout) as { summary: { rows: number } };
  expect(summary.rows).toBeGreaterThan(0);
  expect(summary.rows).toBeLessThan(30_000);
  expect(folder.has('bt-migrate.state.db-wal')).toBe(false);
  const resumed = JSON.parse((await folder.ok('apply', 'plan.out', '--json')).stdout);
  expect(resumed).toMatchObject({ resumed: true, summary: { rows: 30_000 } });
  await expectEqual(containers);
}, 300_000);
