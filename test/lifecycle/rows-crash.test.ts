import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dump } from '../../emulator/store/dump.ts';
import { BtMigrateError } from '../../src/domain/errors.ts';
import { importState } from '../../src/state/import-state.ts';
import { openMemoryState } from '../../src/state/memory-store.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { Crash, crashingStore } from '../support/crashing-store.ts';
import { SOURCE_KEY } from '../support/migration.ts';
import { mixedRow, type RowContainerOf, writeRows } from '../support/mixed-rows.ts';
import { rowTexts } from '../support/row-texts.ts';
import { BUILD_7 } from '../support/state-fixture.ts';
import { migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

const YAML = 'resources: { include: [projects, datasets, logs, dataset_rows] }\nlimits: { parallelism: 4 }\n';

const folder = mkdtempSync(join(tmpdir(), 'acme-rows-'));

let orgs: TwoOrgs;
let containers: RowContainerOf[];
/** Both orgs before anything was migrated. */
let seeded: Dump;

beforeAll(async () => {
  // Bodies of 20 kB at most, so that 300 rows take several batches.
  orgs = await TwoOrgs.start({ switches: { logs3PayloadMaxBytes: 40_000 } });
  const project = await orgs.project();
  const dataset = (name: string) => orgs.source.object('POST', '/v1/dataset', { project_id: project.id, name });
  containers = [
    { type: 'project_logs', id: project.id, name: 'Support bot' },
    { type: 'dataset', id: (await dataset('Tickets')).id, name: 'Tickets' },
    { type: 'dataset', id: (await dataset('Answers')).id, name: 'Answers' },
  ];
  for (const [index, container] of containers.entries()) {
    const rows = Array.from({ length: index === 0 ? 300 : 20 }, (_, number) => mixedRow(number));
    await insert(container, rows);
  }
  seeded = JSON.parse(JSON.stringify(orgs.emulator.dump())) as Dump;
});
afterAll(async () => {
  await orgs.close();
  rmSync(folder, { recursive: true });
});

async function insert(container: RowContainerOf, rows: readonly string[]): Promise<void> {
  for (let from = 0; from < rows.length; from += 50) {
    await writeRows({ url: orgs.emulator.url, key: SOURCE_KEY }, container, rows.slice(from, from + 50));
  }
}

/** Byte for byte; in order, too, but for rows that were edited before they were first copied. */
async function expectEqual(context: string, edited: readonly string[] = []): Promise<void> {
  const dump = orgs.emulator.dump();
  for (const { type, id, name } of containers) {
    const found = await orgs.found('destination', type === 'dataset' ? '/v1/dataset' : '/v1/project', name);
    const [wanted, copied] = [rowTexts(dump, type, id), rowTexts(dump, type, found.id)];
    expect(copied, context).toEqual(wanted);
    const order = (rows: ReadonlyMap<string, string>) => [...rows.keys()].filter((row) => !edited.includes(row));
    expect(order(copied), context).toEqual(order(wanted));
  }
}

async function writesOfOneRun(): Promise<number> {
  orgs.emulator.load(seeded);
  const store = crashingStore(openMemoryState(), -1, 'before');
  await migrate(orgs.migration(YAML, { store }));
  return store.writes();
}

describe.each(['before', 'after'] as const)(
  'a process that dies %s a write of its state while it copies rows',
  (when) => {
    test('is resumed by the same plan, at every such write, with every row there once and in order', async () => {
      const steps = await writesOfOneRun();
      expect(steps).toBeGreaterThan(20);
      for (let at = 0; at < steps; at += 1) {
        orgs.emulator.load(seeded);
        const store = openMemoryState();
        const dying = orgs.migration(YAML, { store: crashingStore(store, at, when) });
        const plan = await dying.plan();
        await expect(dying.apply(plan), `write ${at}`).rejects.toBeInstanceOf(Crash);
        const resumed = orgs.migration(YAML, { store });
        const run = await resumed.apply(plan);
        expect(run.summary.failed, `write ${at}`).toBe(0);
        await expectEqual(`write ${at}`);
        expect(pending(await resumed.plan()), `write ${at}`).toEqual([]);
      }
    }, 120_000);

    test('is taken up by a new plan, too, whatever was edited in between', async () => {
      const steps = await writesOfOneRun();
      for (let at = 3; at < steps; at += 4) {
        orgs.emulator.load(seeded);
        const store = openMemoryState();
        const dying = orgs.migration(YAML, { store: crashingStore(store, at, when) });
        await expect(dying.apply(await dying.plan()), `write ${at}`).rejects.toBeInstanceOf(Crash);
        const [logs] = containers as [RowContainerOf];
        const edited = [mixedRow(5, 1), mixedRow(290, 1), mixedRow(300), mixedRow(301)];
        await insert(logs, edited);
        const { run } = await migrate(orgs.migration(YAML, { store }));
        expect(run.summary.failed, `write ${at}`).toBe(0);
        await expectEqual(`write ${at}`, ['"row-5"', '"row-290"']);
      }
    }, 120_000);
  },
);

test('a process that dies while it copies edits leaves no row that counts as edited by people, at any write', async () => {
  orgs.emulator.load(seeded);
  const [logs] = containers as [RowContainerOf];
  const first = openMemoryState();
  await migrate(orgs.migration(YAML, { store: first }));
  const document = await first.exportDocument();
  await insert(
    logs,
    Array.from({ length: 50 }, (_, number) => mixedRow(number, 1)),
  );
  const edited: Dump = JSON.parse(JSON.stringify(orgs.emulator.dump()));
  const attempt = async (at: number) => {
    orgs.emulator.load(JSON.parse(JSON.stringify(edited)));
    const path = join(folder, `${at}.db`);
    await importState(document, path, { force: false, holder: BUILD_7 });
    const store = await openSqliteState({ path, mode: 'write', mustExist: true });
    const crashing = crashingStore(store, at, 'before');
    const migration = orgs.migration(YAML, { store: crashing });
    return { store, crashing, migration, plan: await migration.plan() };
  };
  const whole = await attempt(-1);
  await whole.migration.apply(whole.plan);
  const steps = whole.crashing.writes();
  await whole.store.close();
  for (let at = 0; at < steps; at += 1) {
    const { store, migration, plan } = await attempt(at);
    await expect(migration.apply(plan), `write ${at}`).rejects.toBeInstanceOf(Crash);
    await insert(logs, [mixedRow(5, 2), mixedRow(30, 2), mixedRow(49, 2)]);
    const { run } = await migrate(orgs.migration(YAML, { store }));
    expect(run.summary, `write ${at}`).toMatchObject({ failed: 0 });
    await expectEqual(
      `write ${at}`,
      Array.from({ length: 50 }, (_, number) => `"row-${number}"`),
    );
    await store.close();
  }
}, 120_000);

test('an interruption ends the batch in flight, keeps what was acknowledged, and is resumed', async () => {
  orgs.emulator.load(seeded);
  orgs.emulator.requests.clear();
  const migration = orgs.migration(YAML);
  const plan = await migration.plan();
  const [hold = ''] = orgs.emulator.faults.add({
    match: { method: 'POST', path: '/logs3*', org: 'Acme Prod' },
    after: 2,
    times: 1,
    action: { type: 'hold', when: 'after' },
  });
  const applying = migration.apply(plan);
  await orgs.emulator.faults.held(hold);
  migration.abort.abort(new BtMigrateError('BTM_INTERRUPTED', { detail: 'SIGINT arrived.' }));
  orgs.emulator.faults.clear();
  const run = await applying;
  expect(run.ended_by).toMatchObject({ code: 'BTM_INTERRUPTED' });
  const known = run.summary.rows;
  expect(known).toBeGreaterThan(0);
  expect(known).toBeLessThan(340);
  const { unfinished } = await migration.store.snapshot();
  expect(unfinished.length).toBeGreaterThan(0);

  const resumed = orgs.migration(YAML, { store: migration.store });
  orgs.emulator.requests.clear();
  expect(await resumed.apply(plan)).toMatchObject({ resumed: true, summary: { rows: 340, failed: 0 } });
  await expectEqual('after the interruption');
});
