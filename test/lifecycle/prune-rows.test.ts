import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renderRunSummary, runHeadline } from '../../src/cli/views/render-run-summary.ts';
import { BtMigrateError } from '../../src/domain/errors.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { readInventories } from '../../src/inventory/read-inventories.ts';
import { driftOfRows } from '../../src/verify/drift-rows.ts';
import type { Shown } from '../support/emulator-client.ts';
import type { Migration } from '../support/migration.ts';
import { StreamOrgs } from '../support/stream-orgs.ts';
import { action, blocks, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

const SCOPE = 'resources: { include: [projects, datasets, experiments, logs, dataset_rows, experiment_rows] }\n';
const LOGS = 'logs."Support bot"';
const TICKETS = 'dataset_rows."Support bot".Tickets';
const BASELINE = 'experiment_rows."Support bot".Baseline';

type Side = 'source' | 'destination';

let orgs: TwoOrgs;
let streams: StreamOrgs;
let project: Shown;
let dataset: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  streams = new StreamOrgs(orgs);
  project = await orgs.project();
  dataset = await streams.make('source', 'dataset', project, 'Tickets');
  await streams.make('source', 'experiment', project, 'Baseline');
});
afterEach(() => orgs.close());

const KEYS = {
  logs: (id: string) => ({ project_id: id, log_id: 'g' }),
  dataset: (id: string) => ({ dataset_id: id }),
  experiment: (id: string) => ({ experiment_id: id }),
} as const;
type Kind = keyof typeof KEYS;
const LISTS = { logs: '/v1/project', dataset: '/v1/dataset', experiment: '/v1/experiment' } as const;
const NAMES = { logs: 'Support bot', dataset: 'Tickets', experiment: 'Baseline' } as const;
const QUERIES = { logs: 'project_logs', dataset: 'dataset', experiment: 'experiment' } as const;

async function idOf(side: Side, kind: Kind): Promise<string> {
  return (await orgs.found(side, LISTS[kind], NAMES[kind])).id;
}

async function write(side: Side, kind: Kind, rows: readonly object[]): Promise<void> {
  const keys = KEYS[kind](await idOf(side, kind));
  await streams.insert(
    side,
    rows.map((row) => ({ ...keys, ...row })),
  );
}

function numbered(count: number, more: object = {}): object[] {
  return Array.from({ length: count }, (_, n) => ({ id: `r${n}`, input: `ticket ${n}`, ...more }));
}

function deleted(...ids: readonly string[]): object[] {
  return ids.map((id) => ({ id, _object_delete: true }));
}

async function held(side: Side, kind: Kind): Promise<string[]> {
  const query = `select: id | from: ${QUERIES[kind]}('${await idOf(side, kind)}') spans | limit: 100000`;
  const { text } = await orgs[side].call('POST', '/btql', { query, fmt: 'jsonl' });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => String((JSON.parse(line) as { id: unknown }).id))
    .sort();
}

/** Everything that was written so far can be read for more than a minute. */
function settle(): void {
  orgs.emulator.clock.advance(120_000);
}

/** Rows of three containers that were copied, then the spec that decides about deletions. */
async function copied(policy: string, rows = 10, scope = SCOPE): Promise<Migration> {
  for (const kind of ['logs', 'dataset', 'experiment'] as const) await write('source', kind, numbered(rows));
  settle();
  const migration = orgs.migration(scope);
  await migrate(migration);
  settle();
  migration.respec(`${scope}${policy}`);
  return migration;
}

function rowDeletions(plan: Plan): Record<string, unknown> {
  return Object.fromEntries(
    plan.actions.flatMap(({ op, address, before }) => (op === 'delete' ? [[address, before]] : [])),
  );
}

const left = (...gone: readonly string[]): string[] =>
  numbered(10)
    .map((row) => (row as { id: string }).id)
    .filter((id) => !gone.includes(id));

describe('rows that were deleted in the source', () => {
  test('of all three streams are planned, deleted, and forgotten', async () => {
    const migration = await copied('policy: { prune: true, max_deletes: 4 }');
    await write('source', 'logs', deleted('r3', 'r7'));
    await write('source', 'dataset', deleted('r0'));
    await write('source', 'experiment', deleted('r9'));
    const plan = await migration.plan();
    expect(rowDeletions(plan)).toEqual({
      [LOGS]: { rows: 2, ids: ['r3', 'r7'] },
      [TICKETS]: { rows: 1, ids: ['r0'] },
      [BASELINE]: { rows: 1, ids: ['r9'] },
    });
    expect(action(plan, `delete:${LOGS}`).reason).toBe('removed_from_source');
    const run = await migration.apply(plan);
    expect(run.summary).toMatchObject({ deleted: 0, rows_deleted: 4, failed: 0, rows: 0 });
    expect(run.streams).toContainEqual({ address: LOGS, rows: 0, bytes: 0, quarantined: 0, deleted: 2 });
    expect(await held('destination', 'logs')).toEqual(left('r3', 'r7'));
    expect(await held('destination', 'dataset')).toEqual(left('r0'));
    expect(await held('destination', 'experiment')).toEqual(left('r9'));
    settle();
    expect(pending(await migration.plan())).toEqual([]);
    expect((await migration.apply(plan)).already_applied).toBe(true);
  });

  test('are deleted in the same plan in which others are copied', async () => {
    const migration = await copied('policy: { prune: true, max_deletes: 9 }');
    await write('source', 'dataset', [...deleted('r1', 'r2'), { id: 'new', input: 'another' }]);
    const { plan, run } = await migrate(migration);
    expect(pending(plan).sort()).toEqual([`copy:${TICKETS}`, `delete:${TICKETS}`]);
    expect(run.streams).toEqual([expect.objectContaining({ address: TICKETS, rows: 1, deleted: 2 })]);
    expect(await held('destination', 'dataset')).toEqual(['new', ...left('r1', 'r2')]);
  });

  test('are left alone without policy.prune, and drift --rows tells of them', async () => {
    const migration = await copied('');
    await write('source', 'logs', deleted('r3'));
    const { plan } = await migrate(migration);
    expect(pending(plan)).toEqual([]);
    expect(await held('destination', 'logs')).toEqual(left());
    const { source, destination } = migration.open();
    const [spec, state, report] = [migration.spec(), await migration.store.snapshot(), () => undefined];
    const inventories = await readInventories({ source, destination, spec, state, report });
    const items = await driftOfRows({ spec, source, destination, inventories, state, report });
    await Promise.all([source.close(), destination.close()]);
    expect(items.find(({ address }) => address === LOGS)?.changes).toEqual([{ path: 'rows.surplus', after: 1 }]);
  });

  test('are found among thousands by counting, without naming them all', async () => {
    for (let day = 1; day <= 20; day += 1) {
      const created = `2026-03-${String(day).padStart(2, '0')}T10:00:00.000Z`;
      const rows = Array.from({ length: 1_000 }, (_, n) => ({ id: `d${day}-${n}`, created, input: n }));
      await write('source', 'logs', rows);
    }
    settle();
    const migration = orgs.migration(SCOPE);
    await migrate(migration);
    settle();
    migration.respec(`${SCOPE}policy: { prune: true, max_deletes: 5 }`);
    await write('source', 'logs', deleted('d7-500', 'd18-1'));
    orgs.emulator.requests.clear();
    migration.events.length = 0;
    const plan = await migration.plan();
    expect(rowDeletions(plan)).toEqual({ [LOGS]: { rows: 2, ids: ['d7-500', 'd18-1'] } });
    const pages = streams.queries().filter((query) => query.includes('select: id, _xact_id, _pagination_key'));
    expect(pages.length).toBeLessThan(15);
    const [started, ...rest] = migration.events.filter(({ type }) => type.includes('search'));
    const [finished, ...read] = rest.reverse();
    const names = { type: 'rows_searched', address: LOGS };
    const rows = { source: 0, destination: 0 };
    for (const event of read) {
      expect(event).toMatchObject(names);
      if (event.type === 'rows_searched') rows[event.side] += event.rows;
    }
    expect(rows.destination - rows.source).toBe(2);
    const questions = streams.queries().filter((query) => query.includes('id IN ['));
    const sent = (side: string) => [...pages, ...questions].filter((query) => query.startsWith(side)).length;
    expect(started).toEqual({
      type: 'search_started',
      address: LOGS,
      rows_total: rows.source + rows.destination,
      requests: { source: sent('Acme Dev'), destination: sent('Acme Prod') },
    });
    expect(finished).toEqual({ type: 'search_finished', address: LOGS, rows: 2 });
    expect(streams.queries().filter((query) => query.includes('select: *')).length).toBe(0);
  });
});

test('a row in quarantine hides no row that the source has deleted', async () => {
  orgs.emulator.faults.add({
    match: { method: 'POST', path: '/logs3', org: 'Acme Prod', bodyIncludes: '"ticket 5"' },
    action: { type: 'status', status: 400 },
  });
  const migration = await copied('policy: { prune: true, max_deletes: 9 }');
  orgs.emulator.faults.clear();
  expect(await held('destination', 'logs')).toEqual(left('r5'));
  expect(rowDeletions(await migration.plan())).toEqual({});
  await write('source', 'logs', deleted('r3'));
  expect(rowDeletions(await migration.plan())).toEqual({ [LOGS]: { rows: 1, ids: ['r3'] } });
});

describe('rows that are not deleted', () => {
  test('edited in the destination, before the plan or after it', async () => {
    const migration = await copied('policy: { prune: true, max_deletes: 9 }');
    await write('source', 'logs', deleted('r1', 'r2', 'r3'));
    await write('destination', 'logs', [{ id: 'r1', output: 'Mine', _is_merge: true }]);
    const plan = await migration.plan();
    expect(rowDeletions(plan)).toEqual({ [LOGS]: { rows: 2, ids: ['r2', 'r3'] } });
    await write('destination', 'logs', [{ id: 'r2', output: 'Mine too', _is_merge: true }]);
    const run = await migration.apply(plan);
    expect(run.streams).toEqual([{ address: LOGS, rows: 0, bytes: 0, quarantined: 0, kept: 1, deleted: 1 }]);
    expect(await held('destination', 'logs')).toEqual(left('r3'));
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('of a container of which the source shows no row at all, which can be accepted', async () => {
    const policy = 'policy: { prune: true, max_deletes: 99 }\n';
    const migration = await copied(policy);
    const ids = numbered(10).map((row) => (row as { id: string }).id);
    await write('source', 'dataset', deleted(...ids));
    await write('source', 'logs', deleted('r4'));
    const { plan } = await migrate(migration);
    expect(blocks(plan)).toEqual([`${TICKETS} (empty_source)`]);
    expect(action(plan, `blocked:${TICKETS}`).before).toEqual({ rows: 10, ids });
    expect(rowDeletions(plan)).toEqual({ [LOGS]: { rows: 1, ids: ['r4'] } });
    expect(await held('destination', 'dataset')).toEqual(left());
    expect(await held('destination', 'logs')).toEqual(left('r4'));
    migration.respec(`${SCOPE}${policy}accept: [{ at: 'dataset_rows.*', reason: emptied for good }]`);
    const accepted = await migration.plan();
    expect(action(accepted, `blocked:${TICKETS}`).accepted).toEqual({ reason: 'emptied for good' });
    expect(accepted.notices).toBeUndefined();
    // A row that was never copied shows that the source can be read.
    migration.respec(`${SCOPE}${policy}`);
    await write('source', 'dataset', [{ id: 'new', input: 'young' }]);
    expect(rowDeletions(await migration.plan())).toEqual({ [TICKETS]: { rows: 10, ids } });
  });

  test('in the source again since the plan was made', async () => {
    const migration = await copied('policy: { prune: true, max_deletes: 9 }');
    await write('source', 'dataset', deleted('r1', 'r2'));
    const plan = await migration.plan();
    await write('source', 'dataset', [{ id: 'r1', input: 'back' }]);
    const run = await migration.apply(plan);
    expect(run.streams).toEqual([{ address: TICKETS, rows: 0, bytes: 0, quarantined: 0, deleted: 1, returned: 1 }]);
    expect(await held('destination', 'dataset')).toEqual(left('r2'));
  });

  test('written by others, even when the source has none of them', async () => {
    const migration = await copied('policy: { prune: true, max_deletes: 9 }');
    await write('destination', 'logs', [{ id: 'theirs', input: 'live' }]);
    expect(rowDeletions(await migration.plan())).toEqual({});
    await write('source', 'logs', deleted('r4'));
    const { plan } = await migrate(migration);
    expect(rowDeletions(plan)).toEqual({ [LOGS]: { rows: 1, ids: ['r4'] } });
    expect(await held('destination', 'logs')).toEqual([...left('r4'), 'theirs']);
  });

  test('more of them than policy.max_deletes, objects and rows together', async () => {
    const migration = await copied('policy: { prune: true, max_deletes: 3 }');
    await write('source', 'logs', deleted('r1', 'r2', 'r3'));
    await write('source', 'experiment', deleted('r1'));
    const { plan } = await migrate(migration);
    expect(blocks(plan).sort()).toEqual([`${BASELINE} (delete_limit)`, `${LOGS} (delete_limit)`]);
    expect(action(plan, `blocked:${LOGS}`).before).toEqual({ rows: 3, ids: ['r1', 'r2', 'r3'] });
    expect(await held('destination', 'logs')).toEqual(left());
    migration.respec(`${SCOPE}policy: { prune: true }`);
    expect(blocks(await migration.plan()).sort()).toEqual([`${BASELINE} (delete_limit)`, `${LOGS} (delete_limit)`]);
  });

  test('under protect, which is told unless it is agreed to', async () => {
    const policy = `policy: { prune: true, max_deletes: 9 }\nprotect: ['dataset."Support bot".*']\n`;
    const migration = await copied(policy);
    await write('source', 'dataset', deleted('r1'));
    const { plan } = await migrate(migration);
    expect(blocks(plan)).toEqual([`${TICKETS} (protected)`]);
    expect(await held('destination', 'dataset')).toEqual(left());
    migration.respec(`${SCOPE}${policy}accept: [{ at: '${TICKETS}', reason: kept for audits }]`);
    expect(action(await migration.plan(), `blocked:${TICKETS}`).accepted).toEqual({ reason: 'kept for audits' });
  });

  test('outside of the creation window, in the source or not', async () => {
    const window = 'streams: { logs: { created_after: 2026-03-10 } }\n';
    const day = (n: number) => ({ id: `day-${n}`, created: `2026-03-${String(n + 5).padStart(2, '0')}T00:00:00Z` });
    await write(
      'source',
      'logs',
      Array.from({ length: 10 }, (_, n) => day(n)),
    );
    settle();
    const migration = orgs.migration(SCOPE);
    await migrate(migration);
    settle();
    migration.respec(`${SCOPE}${window}policy: { prune: true, max_deletes: 9, into_nonempty: merge }`);
    // With another window everything within it is copied once more, and nothing is known before that.
    expect(rowDeletions((await migrate(migration)).plan)).toEqual({});
    settle();
    await write('source', 'logs', deleted('day-1', 'day-8'));
    const { plan } = await migrate(migration);
    expect(rowDeletions(plan)).toEqual({ [LOGS]: { rows: 1, ids: ['day-8'] } });
    expect(await held('destination', 'logs')).toContain('day-1');
  });

  test('of a container that cannot be counted or read', async () => {
    const migration = await copied('policy: { prune: true, max_deletes: 9 }');
    await write('source', 'dataset', deleted('r1'));
    const refuse = (after: number) =>
      orgs.emulator.faults.add({
        match: { method: 'POST', path: '/btql', org: 'Acme Prod' },
        after,
        action: { type: 'status', status: 400 },
      });
    refuse(0);
    expect(blocks(await migration.plan()).sort()).toEqual(
      [TICKETS, BASELINE, LOGS].map((stream) => `${stream} (count_failed)`),
    );
    orgs.emulator.faults.clear();
    refuse(3);
    expect(blocks(await migration.plan())).toEqual([`${TICKETS} (count_failed)`]);
  });

  test('when the source shows its rows as they were before they were copied', async () => {
    const migration = await copied('policy: { prune: true, max_deletes: 9 }');
    await write('source', 'dataset', deleted('r1'));
    const late = (xact: string) => {
      orgs.emulator.faults.clear();
      orgs.emulator.faults.add({
        match: { path: '/btql', org: 'Acme Dev', bodyIncludes: 'id IN [' },
        action: {
          type: 'status',
          status: 200,
          body: { data: [], realtime_state: { type: 'off' }, freshness_state: { last_processed_xact_id: xact } },
        },
      });
    };
    const { streams: passes } = await migration.store.snapshot();
    const settled = BigInt(passes.find(({ stream }) => stream === 'dataset_rows')?.settled ?? 0);
    late(String(settled - 1n));
    expect(blocks(await migration.plan())).toEqual([`${TICKETS} (count_failed)`]);
    late(String(settled));
    expect(rowDeletions(await migration.plan())).toEqual({ [TICKETS]: { rows: 1, ids: ['r1'] } });
  });
});

describe('an apply that ends in the middle', () => {
  async function manyGone(): Promise<{ migration: Migration; plan: Plan }> {
    const migration = await copied('policy: { prune: true, max_deletes: 2000 }', 1_500);
    await write('source', 'logs', deleted(...Array.from({ length: 1_400 }, (_, n) => `r${n}`)));
    return { migration, plan: await migration.plan() };
  }

  test('is resumed where it was, and deletes nothing twice', async () => {
    const { migration, plan } = await manyGone();
    const [hold = ''] = orgs.emulator.faults.add({
      match: { method: 'POST', path: '/logs3', org: 'Acme Prod' },
      after: 1,
      times: 1,
      action: { type: 'hold', when: 'after' },
    });
    const applying = migration.apply(plan);
    await orgs.emulator.faults.held(hold);
    migration.abort.abort(new BtMigrateError('BTM_INTERRUPTED', { detail: 'SIGINT arrived.' }));
    orgs.emulator.faults.clear();
    const cut = await applying;
    expect(cut.ended_by).toMatchObject({ code: 'BTM_INTERRUPTED' });
    expect(await held('destination', 'logs')).toHaveLength(500);
    orgs.emulator.requests.clear();
    const again = orgs.migration(`${SCOPE}policy: { prune: true, max_deletes: 2000 }`, { store: migration.store });
    const run = await again.apply(plan);
    expect(run).toMatchObject({ resumed: true, summary: { deleted: 0, rows_deleted: 1_400, failed: 0 } });
    expect(runHeadline(run)).toContain('Applied: 1,400 rows deleted, ');
    const text = renderRunSummary(run, { color: false });
    expect(text).toContain('1,400 deleted that the source no longer has');
    expect(text).not.toContain('Deleted (');
    expect(run.streams).toEqual([{ address: LOGS, rows: 0, bytes: 0, quarantined: 0, deleted: 1_400 }]);
    expect(orgs.writesSent().filter((write) => write === 'POST /logs3')).toHaveLength(1);
    expect(await held('destination', 'logs')).toHaveLength(100);
    settle();
    expect(pending(await again.plan())).toEqual([]);
  });

  test('is counted in the report of the run that goes on with it', async () => {
    await write('source', 'logs', numbered(10));
    await write('source', 'dataset', numbered(10));
    const migration = orgs.migration(`${SCOPE}policy: { prune: true, max_deletes: 10 }`);
    settle();
    await migrate(migration);
    settle();
    await write('source', 'logs', deleted('r0', 'r1', 'r2'));
    await write('source', 'dataset', deleted('r4', 'r5'));
    await write('destination', 'logs', [{ id: 'r2', input: 'by hand' }]);
    const plan = await migration.plan();
    expect(pending(plan)).toEqual([`delete:${LOGS}`, `delete:${TICKETS}`].sort());
    await write('destination', 'logs', [{ id: 'r1', input: 'by hand' }]);
    orgs.emulator.faults.add({
      match: { method: 'POST', path: '/logs3', org: 'Acme Prod', bodyIncludes: await idOf('destination', 'dataset') },
      action: { type: 'status', status: 400, body: { message: 'not today' } },
    });
    expect((await migration.apply(plan)).summary).toMatchObject({ deleted: 0, rows_deleted: 1, failed: 1 });
    orgs.emulator.faults.clear();
    const run = await migration.apply(plan);
    expect(run).toMatchObject({ resumed: true, summary: { deleted: 0, rows_deleted: 3, failed: 0 } });
    expect(run.streams).toEqual([
      { address: TICKETS, rows: 0, bytes: 0, quarantined: 0, deleted: 2 },
      { address: LOGS, rows: 0, bytes: 0, quarantined: 0, deleted: 1, kept: 1 },
    ]);
  });

  test('by a lost answer sends the same deletion once more', async () => {
    const { migration, plan } = await manyGone();
    orgs.emulator.faults.add({
      match: { method: 'POST', path: '/logs3', org: 'Acme Prod' },
      times: 1,
      action: { type: 'reset', when: 'after' },
    });
    expect((await migration.apply(plan)).summary).toMatchObject({ deleted: 0, rows_deleted: 1_400, failed: 0 });
    expect(await held('destination', 'logs')).toHaveLength(100);
  });
});

test('a plan of nothing to delete takes two counts for each stream, more only with policy.prune', async () => {
  const migration = await copied('');
  orgs.emulator.requests.clear();
  await migration.plan();
  const before = streams.queries().length;
  migration.respec(`${SCOPE}policy: { prune: true, max_deletes: 1 }`);
  orgs.emulator.requests.clear();
  await migration.plan();
  expect(streams.queries().length - before).toBe(6);
});

test('a source that lost the container since the plan makes it stale', async () => {
  const migration = await copied('policy: { prune: true, max_deletes: 9 }');
  await write('source', 'dataset', deleted('r1'));
  const plan = await migration.plan();
  await orgs.source.object('DELETE', `/v1/dataset/${dataset.id}`);
  await expect(migration.apply(plan)).rejects.toMatchObject({ code: 'BTM_PLAN_STALE' });
  expect(await held('destination', 'dataset')).toEqual(left());
});
