import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Plan } from '../../src/domain/plan.ts';
import type { RunSummary } from '../../src/domain/run-summary.ts';
import { importState } from '../../src/state/import-state.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { formatStateDocument, parseStateDocument } from '../../src/state/state-document.ts';
import { SOURCE_KEY } from '../support/migration.ts';
import { mixedRow, type RowContainerOf, writeRows } from '../support/mixed-rows.ts';
import { rowTexts } from '../support/row-texts.ts';
import { BUILD_7 } from '../support/state-fixture.ts';
import { action, blocks, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

const LOGS = 'copy:logs."Support bot"';
const STREAMS_ONLY = 'resources: { include: [projects, datasets, experiments, logs, dataset_rows, experiment_rows] }\n';

let orgs: TwoOrgs;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
});

afterEach(() => orgs.close());

/** One of each in the source, with so many rows. */
async function seed(counts: { logs: number; dataset: number; experiment: number }): Promise<RowContainerOf[]> {
  const project = await orgs.project();
  const make = (kind: string, name: string) =>
    orgs.source.object('POST', `/v1/${kind}`, { project_id: project.id, name });
  const containers: RowContainerOf[] = [
    { type: 'project_logs', id: project.id, name: 'Support bot' },
    { type: 'dataset', id: (await make('dataset', 'Tickets')).id, name: 'Tickets' },
    { type: 'experiment', id: (await make('experiment', 'Baseline')).id, name: 'Baseline' },
  ];
  const sizes = [counts.logs, counts.dataset, counts.experiment];
  for (const [index, container] of containers.entries()) {
    await writeRows(source(), container, range(0, sizes[index] ?? 0));
  }
  return containers;
}

function source(): { url: string; key: string } {
  return { url: orgs.emulator.url, key: SOURCE_KEY };
}

function range(from: number, to: number, edition = 0): string[] {
  return Array.from({ length: to - from }, (_, index) => mixedRow(from + index, edition));
}

const LISTS = { project_logs: '/v1/project', dataset: '/v1/dataset', experiment: '/v1/experiment' } as const;

function sourceRows({ type, id }: RowContainerOf): Map<string, string> {
  return rowTexts(orgs.emulator.dump(), type, id);
}

async function destinationRows({ type, name }: RowContainerOf): Promise<Map<string, string>> {
  const { id } = await orgs.found('destination', LISTS[type], name);
  return rowTexts(orgs.emulator.dump(), type, id);
}

/** Byte for byte and in the same order. */
async function expectEqual(containers: readonly RowContainerOf[]): Promise<void> {
  for (const container of containers) {
    const [wanted, found] = [sourceRows(container), await destinationRows(container)];
    expect([...found.keys()]).toEqual([...wanted.keys()]);
    for (const [id, text] of wanted) if (found.get(id) !== text) expect(`${id}: ${found.get(id)}`).toBe(text);
  }
}

function byAddress(run: RunSummary): Record<string, number> {
  return Object.fromEntries(run.streams.map(({ address, rows }) => [address, rows]));
}

async function deleteRow({ id }: RowContainerOf, row: string): Promise<void> {
  await orgs.source.object('POST', '/logs3', {
    rows: [{ id: row, project_id: id, log_id: 'g', _object_delete: true }],
    api_version: 2,
  });
}

/** Lets a minute and more go by, so that nothing of the last pass can turn up late. */
function settle(): void {
  orgs.emulator.clock.advance(120_000);
}

describe('30,000 rows of three streams', () => {
  test('arrive byte for byte and in order, then what is new and edited, then nothing', async () => {
    const containers = await seed({ logs: 20_000, dataset: 4_000, experiment: 6_000 });
    const [logs, dataset] = containers as [RowContainerOf, RowContainerOf];
    const migration = orgs.migration(STREAMS_ONLY);
    const first = await migrate(migration);
    expect(first.plan.estimates.rows).toBe(30_000);
    expect(first.run.summary).toMatchObject({ rows: 30_000, quarantined: 0, failed: 0 });
    expect(byAddress(first.run)).toEqual({
      'logs."Support bot"': 20_000,
      'dataset_rows."Support bot".Tickets': 4_000,
      'experiment_rows."Support bot".Baseline': 6_000,
    });
    await expectEqual(containers);

    settle();
    await writeRows(source(), logs, [...range(500, 600, 1), ...range(20_000, 21_000)]);
    await writeRows(source(), dataset, range(3_990, 4_010, 1));
    await deleteRow(logs, 'row-77');
    const second = await migrate(migration);
    expect(byAddress(second.run)).toEqual({
      'logs."Support bot"': 1_100,
      'dataset_rows."Support bot".Tickets': 20,
    });
    const kept = await destinationRows(logs);
    expect(kept.has('"row-77"')).toBe(true);
    kept.delete('"row-77"');
    expect([...kept]).toEqual([...sourceRows(logs)]);
    await expectEqual([dataset]);

    const third = await migration.plan();
    expect(pending(third)).toEqual([]);
    expect(blocks(third)).toEqual([]);
  }, 120_000);

  test('a nightly run from an exported and imported state copies only what is new', async () => {
    const containers = await seed({ logs: 2_500, dataset: 30, experiment: 0 });
    const [logs] = containers as [RowContainerOf];
    const yesterday = orgs.migration(STREAMS_ONLY);
    await migrate(yesterday);
    settle();
    await writeRows(source(), logs, range(2_500, 2_600));
    const folder = mkdtempSync(join(tmpdir(), 'acme-nightly-'));
    try {
      const path = join(folder, 'state.db');
      const exported = formatStateDocument(await yesterday.store.exportDocument());
      await importState(parseStateDocument(exported), path, { force: false, holder: BUILD_7 });
      const store = await openSqliteState({ path, mode: 'write', mustExist: true });
      const { run } = await migrate(orgs.migration(STREAMS_ONLY, { store }));
      await store.close();
      expect(byAddress(run)).toEqual({ 'logs."Support bot"': 100 });
      await expectEqual(containers.slice(0, 2));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('rows that became visible within the last minute are not written a second time', async () => {
    const [logs] = (await seed({ logs: 1_500, dataset: 0, experiment: 0 })) as [RowContainerOf];
    const migration = orgs.migration(STREAMS_ONLY);
    await migrate(migration);
    expect(pending(await migration.plan())).toEqual([]);
    await writeRows(source(), logs, range(1_500, 1_510));
    orgs.emulator.requests.clear();
    const { run } = await migrate(migration);
    expect(byAddress(run)).toEqual({ 'logs."Support bot"': 10 });
    await expectEqual([logs]);
  });
});

describe('a source whose rows become visible late', () => {
  test('loses none that lies below rows which were copied already', async () => {
    const [logs] = (await seed({ logs: 50, dataset: 0, experiment: 0 })) as [RowContainerOf];
    orgs.emulator.setVisibility({ lateRows: [{ idIncludes: 'row-50', lag: 30_000 }] });
    await writeRows(source(), logs, range(50, 51));
    await writeRows(source(), logs, range(51, 100));
    const migration = orgs.migration(STREAMS_ONLY);
    expect(byAddress((await migrate(migration)).run)).toEqual({ 'logs."Support bot"': 99 });
    orgs.emulator.clock.advance(40_000);
    expect(byAddress((await migrate(migration)).run)).toEqual({ 'logs."Support bot"': 1 });
    expect(new Map([...(await destinationRows(logs))].sort())).toEqual(new Map([...sourceRows(logs)].sort()));
    expect(pending(await migration.plan())).toEqual([]);
  });
});

describe('a destination that people work in', () => {
  test('keeps the rows they edited, and gives them up when the spec says so', async () => {
    const [logs] = (await seed({ logs: 50, dataset: 0, experiment: 0 })) as [RowContainerOf];
    const migration = orgs.migration(STREAMS_ONLY);
    await migrate(migration);
    settle();
    const { id } = await orgs.found('destination', '/v1/project', 'Support bot');
    await orgs.destination.object('POST', '/logs3', {
      rows: [{ id: 'row-7', project_id: id, log_id: 'g', output: 'mended by hand' }],
      api_version: 2,
    });
    await writeRows(source(), logs, range(5, 10, 1));
    const { run } = await migrate(migration);
    expect(run.streams).toMatchObject([{ address: 'logs."Support bot"', rows: 4, kept: 1 }]);
    expect((await destinationRows(logs)).get('"row-7"')).toContain('mended by hand');

    settle();
    await writeRows(source(), logs, range(5, 10, 2));
    migration.respec(`${STREAMS_ONLY}streams: { on_row_conflict: source }\n`);
    await migrate(migration);
    await expectEqual([logs]);
  });

  test('that was empty when the plan was made and is not any more makes the plan stale', async () => {
    await seed({ logs: 20, dataset: 0, experiment: 0 });
    const { id } = await orgs.destination.object('POST', '/v1/project', { name: 'Support bot' });
    const migration = orgs.migration(STREAMS_ONLY);
    const plan = await migration.plan();
    expect(action(plan, LOGS).after).toMatchObject({ pass: 'first', counted: 20 });
    await orgs.destination.object('POST', '/logs3', {
      rows: [{ id: 'theirs', project_id: id, log_id: 'g', input: 'hello' }],
      api_version: 2,
    });
    orgs.emulator.requests.clear();
    await expect(migration.apply(plan)).rejects.toMatchObject({
      code: 'BTM_PLAN_STALE',
      detail: expect.stringContaining('1 row is in the destination now') as string,
    });
    expect(orgs.writesSent().filter((write) => !write.endsWith('/btql'))).toEqual([]);
  });

  test('a plan is stale once another one copied the rows', async () => {
    await seed({ logs: 20, dataset: 0, experiment: 0 });
    const migration = orgs.migration(STREAMS_ONLY);
    const plan = await migration.plan();
    settle();
    const later = await migration.plan({ estimates: 'none' });
    await migration.apply(plan);
    await expect(migration.apply(later)).rejects.toMatchObject({ code: 'BTM_PLAN_STALE' });
  });
});

describe('a plan without estimates', () => {
  test('counts when it is applied', async () => {
    const containers = await seed({ logs: 1_200, dataset: 40, experiment: 0 });
    const migration = orgs.migration(STREAMS_ONLY);
    const plan: Plan = await migration.plan({ estimates: 'none' });
    expect(action(plan, LOGS).after).toMatchObject({ counted: null, xact_up_to: null });
    const run = await migration.apply(plan);
    expect(run.summary).toMatchObject({ rows: 1_240, failed: 0 });
    await expectEqual(containers.slice(0, 2));
  });
});
