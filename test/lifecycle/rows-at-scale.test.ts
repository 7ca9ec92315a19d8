import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Plan } from '../../src/domain/plan.ts';
import type { RunSummary } from '../../src/domain/run-summary.ts';
import { openMemoryState } from '../../src/state/memory-store.ts';
import { Crash, crashingStore } from '../support/crashing-store.ts';
import { mixedRow, type RowContainerOf } from '../support/mixed-rows.ts';
import { Chance } from '../support/random-org.ts';
import { rowTexts } from '../support/row-texts.ts';
import { addRows, copyOf, logsOf, objectOf, ROWS } from '../support/seeded-rows.ts';
import { action, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

const SEED = 20_261_130;
const KILLS = 5;
const PRUNE = `${ROWS}policy: { prune: true, max_deletes: 100000 }\nlimits: { parallelism: 4 }\n`;

/** A container of the source, the rows it holds by number, and the number of the next one. */
interface Container {
  readonly of: RowContainerOf;
  readonly stream: string;
  readonly held: Set<number>;
  next: number;
}

interface Changed {
  readonly edited: number;
  readonly added: number;
  readonly deleted: number;
}

let orgs: TwoOrgs;
let edition: number;

beforeEach(async () => {
  edition = 0;
  // Bodies of 200 kB at most, so that the rows of the large containers are many batches.
  orgs = await TwoOrgs.start({ switches: { logs3PayloadMaxBytes: 400_000 } });
});
afterEach(() => orgs.close());

async function seed(): Promise<Container[]> {
  const container = (of: RowContainerOf, stream: string, count: number): Container => ({
    of,
    stream,
    held: new Set(numbers(0, count)),
    next: count,
  });
  const texts = (count: number): string[] => numbers(0, count).map((number) => mixedRow(number));
  const logs = await logsOf(orgs, 'P', texts(17_000));
  const object = (type: 'dataset' | 'experiment', name: string, count: number) =>
    objectOf(orgs, type, { project: logs.id, name }, texts(count));
  return [
    container(logs, 'logs.P', 17_000),
    container(await object('dataset', 'Tickets', 5_000), 'dataset_rows.P.Tickets', 5_000),
    container(await object('dataset', 'Answers', 900), 'dataset_rows.P.Answers', 900),
    container(await object('experiment', 'Baseline', 6_500), 'experiment_rows.P.Baseline', 6_500),
    container(await object('experiment', 'Trial', 600), 'experiment_rows.P.Trial', 600),
  ];
}

function numbers(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

/** Edits, adds and deletes rows of a container at random, one in `share` of each, some of them more than once. */
async function change(container: Container, share: number, chance: Chance): Promise<Changed> {
  edition += 1;
  const { of, held } = container;
  const before = new Set(held);
  const some = (): number[] => chance.shuffle([...held]).slice(0, 1 + chance.below(Math.ceil((2 * held.size) / share)));
  const added = numbers(container.next, 1 + chance.below(Math.ceil((2 * held.size) / share)));
  container.next += added.length;
  const edited = some();
  const gone = some();
  await addRows(
    orgs,
    of,
    edited.map((number) => mixedRow(number, edition)),
  );
  await addRows(
    orgs,
    of,
    added.map((number) => mixedRow(number, edition)),
  );
  for (const number of added) held.add(number);
  // What was added or edited a moment ago may be gone before anybody copied it.
  gone.push(...added.filter(() => chance.below(20) === 0));
  await addRows(
    orgs,
    of,
    gone.map((number) => `"id":"row-${number}","_object_delete":true`),
  );
  for (const number of gone) held.delete(number);
  return {
    edited: edited.filter((number) => held.has(number)).length,
    added: added.filter((number) => held.has(number)).length,
    deleted: gone.filter((number) => before.has(number)).length,
  };
}

async function changeAll(containers: readonly Container[], chance: Chance): Promise<Changed[]> {
  const changed: Changed[] = [];
  for (const container of containers) changed.push(await change(container, 25, chance));
  settle();
  return changed;
}

/** Row by row, byte for byte and in order; and as many rows as the source was given. */
async function expectEqual(containers: readonly Container[], when: string): Promise<void> {
  const dump = orgs.emulator.dump();
  for (const { of, stream, held } of containers) {
    const copy = await copyOf(orgs, of);
    const [wanted, found] = [rowTexts(dump, of.type, of.id), rowTexts(dump, copy.type, copy.id)];
    const context = `${stream}, ${when}, seed ${SEED}`;
    expect(wanted.size, context).toBe(held.size);
    expect([...found.keys()], context).toEqual([...wanted.keys()]);
    for (const [row, text] of wanted)
      if (found.get(row) !== text) expect(`${row} ${found.get(row)}`, context).toBe(text);
  }
}

/** As many rows were copied as were edited or added. */
function expectCopied(run: RunSummary, containers: readonly Container[], changed: readonly Changed[]): void {
  for (const [n, { stream }] of containers.entries()) {
    const { edited = 0, added = 0 } = changed[n] ?? {};
    const found = run.streams.find(({ address }) => address === stream);
    expect(found, `${stream}, seed ${SEED}`).toMatchObject({ rows: edited + added, quarantined: 0 });
  }
}

/** As many rows are to be deleted as the source has deleted of those that were copied. */
function expectDoomed(plan: Plan, containers: readonly Container[], changed: readonly Changed[]): void {
  for (const [n, { stream }] of containers.entries()) {
    const { before } = action(plan, `delete:${stream}`);
    expect(before, `${stream}, seed ${SEED}`).toMatchObject({ rows: changed[n]?.deleted });
  }
}

/** Everything that was written so far can be read for more than a minute. */
function settle(): void {
  orgs.emulator.clock.advance(120_000);
}

test(`30,000 mixed rows are equal after every pass: of all, of edited, new and deleted ones, and of five kills (seed ${SEED})`, async () => {
  const chance = new Chance(SEED);
  const containers = await seed();
  const store = openMemoryState();
  const first = await migrate(orgs.migration(PRUNE, { store }));
  expect(first.run.summary).toMatchObject({ rows: 30_000, quarantined: 0, failed: 0 });
  await expectEqual(containers, 'after the first pass');

  settle();
  const changed = await changeAll(containers, chance);
  const second = await migrate(orgs.migration(PRUNE, { store }));
  expectDoomed(second.plan, containers, changed);
  expectCopied(second.run, containers, changed);
  await expectEqual(containers, 'after the second pass');

  settle();
  const again = await changeAll(containers, chance);
  const plan = await orgs.migration(PRUNE, { store }).plan();
  expectDoomed(plan, containers, again);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const at = 1 + chance.below(12);
    const when = chance.below(2) === 0 ? 'before' : 'after';
    const dying = orgs.migration(PRUNE, { store: crashingStore(store, at, when) });
    await expect(dying.apply(plan), `kill ${kill} ${when} write ${at}, seed ${SEED}`).rejects.toBeInstanceOf(Crash);
  }
  const resumed = orgs.migration(PRUNE, { store });
  const run = await resumed.apply(plan);
  expect(run).toMatchObject({ resumed: true, summary: { failed: 0, quarantined: 0 } });
  expectCopied(run, containers, again);
  await expectEqual(containers, 'after five kills');
  settle();
  expect(pending(await resumed.plan())).toEqual([]);
}, 120_000);
