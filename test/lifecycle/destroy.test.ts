import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serializePlan } from '../../src/planner/plan-file.ts';
import { clientOf, type Shown } from '../support/emulator-client.ts';
import { Migration, startAcme } from '../support/migration.ts';
import { portrait } from '../support/portrait.ts';
import { action, blocks, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project();
});
afterEach(() => orgs.close());

const make = (kind: string, body: object) =>
  orgs.source.object('POST', `/v1/${kind}`, { project_id: project.id, ...body });
const rows = (side: 'source' | 'destination', container: object, ...ids: string[]) =>
  orgs[side].object('POST', '/logs3', { rows: ids.map((id) => ({ id, ...container, input: side })), api_version: 2 });
const there = (kind: string, name: string) => orgs.found('destination', `/v1/${kind}`, name);
const names = async (kind: string) => (await orgs.destination.list(`/v1/${kind}`)).map(({ name }) => name).sort();
const tool = (slug: string, more: object = {}) =>
  make('function', { name: slug, slug, function_type: 'tool', function_data: { type: 'prompt' }, ...more });
const using = (id: string) => ({ prompt_data: chat('Use it.', { tool_functions: [{ type: 'function', id }] }) });
const ours = async (migration: Migration) =>
  (await migration.store.snapshot()).mappings.filter(({ origin }) => origin === 'created').map(({ kind }) => kind);

/** A project with a dataset of two rows, an experiment over it that is the baseline, a tool and a log. */
async function migrated(yaml = ''): Promise<Migration> {
  const golden = await make('dataset', { name: 'Golden' });
  await rows('source', { dataset_id: golden.id }, 'r0', 'r1');
  const run = await make('experiment', { name: 'Run', dataset_id: golden.id });
  await orgs.source.object('PATCH', `/v1/project/${project.id}`, { settings: { baseline_experiment_id: run.id } });
  await tool('tool');
  await rows('source', { project_id: project.id, log_id: 'g' }, 'l0');
  const migration = orgs.migration(yaml);
  await migrate(migration);
  return migration;
}

describe('an org that uses every kind', () => {
  test('is gone afterwards, with all that the state knew of it, and is made again by the next plan', async () => {
    const emulator = await startAcme({ seed: 'demo' });
    try {
      const destination = clientOf(emulator, 'Acme Prod');
      const before = await portrait(destination);
      const migration = new Migration({ emulator });
      const first = await migration.plan();
      await migration.apply(first);
      const plan = await migration.destroy();
      expect(plan).toMatchObject({ mode: 'destroy', format_version: '1.1', not_migrated: [] });
      expect(new Set(plan.actions.map(({ op, reason }) => `${op} ${reason}`))).toEqual(
        new Set(['delete destroy', 'skip kept_adopted']),
      );
      expect(blocks(plan)).toEqual([]);
      expect(serializePlan(plan)).toBe(serializePlan(await migration.destroy()));

      const run = await migration.apply(plan);
      expect(run.summary).toMatchObject({ deleted: pending(plan).length, failed: 0 });
      expect(await portrait(destination)).toEqual(before);
      const state = await migration.store.snapshot();
      expect(new Set(state.mappings.map(({ origin }) => origin))).toEqual(new Set(['adopted']));
      expect(state).toMatchObject({ streams: [], unfinished: [], versions: [] });
      expect((await migration.store.exportDocument()).streams?.written_xacts ?? []).toEqual([]);
      const { requests } = plan.estimates;
      expect(Math.abs((requests?.destination ?? 0) - run.requests.destination)).toBeLessThan(20);

      expect(await migration.apply(plan)).toMatchObject({ already_applied: true, run_id: run.run_id });
      expect(pending(await migration.destroy())).toEqual([]);
      const again = await migration.plan();
      expect(pending(again)).toEqual(pending(first));
      expect((await migration.apply(again)).summary.failed).toBe(0);
      expect(pending(await migration.plan())).toEqual([]);
    } finally {
      await emulator.close();
    }
  });
});

test('everything goes in an order in which nothing is deleted before what hangs on it', async () => {
  const migration = await migrated();
  const plan = await migration.destroy();
  expect(pending(plan)).toEqual([
    'delete:experiment."Support bot".Run',
    'delete:function."Support bot".tool',
    'delete:dataset."Support bot".Golden',
    'delete:project."Support bot"',
  ]);
  const last = action(plan, 'delete:project."Support bot"');
  expect(last.depends_on).toEqual(pending(plan).slice(0, 3).sort());
  expect(last.takes_along).toEqual({ rows: 1, unseen: ['playground', 'custom_column'] });
  expect(last.before).toMatchObject({ settings: { baseline_experiment_id: { $ref: 'experiment."Support bot".Run' } } });
  expect(action(plan, 'delete:dataset."Support bot".Golden').takes_along).toEqual({ rows: 2 });
  orgs.emulator.requests.clear();
  await migration.apply(plan);
  expect(
    orgs
      .writesSent()
      .filter((write) => write.startsWith('DELETE'))
      .at(-1),
  ).toMatch(/^DELETE \/v1\/project\//);
  expect(await ours(migration)).toEqual([]);
});

test('what was adopted stays, and so does a project that holds it', async () => {
  const twin = await orgs.destination.object('POST', '/v1/project', { name: 'Support bot' });
  await orgs.destination.object('POST', '/v1/project_tag', { project_id: twin.id, name: 'own' });
  await make('project_tag', { name: 'own' });
  await make('project_tag', { name: 'new' });
  const other = await orgs.project('Other');
  await orgs.source.object('POST', '/v1/project_tag', { project_id: other.id, name: 'mixed' });
  const migration = orgs.migration();
  const first = await migration.plan();
  expect(action(first, 'skip:project_tag."Support bot".own').reason).toBe('adopted');
  await migration.apply(first);
  const plan = await migration.destroy();
  expect(pending(plan)).toEqual([
    'delete:project_tag."Support bot".new',
    'delete:project_tag.Other.mixed',
    'delete:project.Other',
  ]);
  expect(action(plan, 'skip:project_tag."Support bot".own').reason).toBe('kept_adopted');
  await migration.apply(plan);
  expect(await names('project_tag')).toEqual(['own']);
  expect(await names('project')).toEqual(['Support bot']);
  expect(await ours(migration)).toEqual([]);
  expect((await migration.store.snapshot()).mappings.map(({ kind }) => kind)).toContain('project_tag');
});

test.each([
  ['an object', 'function."Support bot".tool', ['function."Support bot".tool (protected)']],
  [
    'rows',
    'logs."Support bot"',
    ['project."Support bot" (protected)', 'experiment."Support bot".Run (still_referenced)'],
  ],
])('what is protected stays, and so does whatever holds it: %s', async (_what, at, blocked) => {
  const migration = await migrated(`protect: ['${at}']`);
  const plan = await migration.destroy();
  expect(blocks(plan)).toEqual(expect.arrayContaining(blocked));
  expect(blocks(plan).some((block) => block.startsWith('project."Support bot" ('))).toBe(true);
  await migration.apply(plan);
  expect(await names('project')).toEqual(['Support bot']);
});

test('an entry under protect that matches nothing is told', async () => {
  const migration = await migrated(`protect: ['function."Support bot".tol']`);
  expect((await migration.destroy()).notices).toMatchObject([{ code: 'matches_nothing', section: 'protect' }]);
});

test('an entry under accept is not held against a source that was not read', async () => {
  const migration = await migrated(`accept: [{ at: 'function."Support bot".bundle', reason: pushed again }]`);
  expect((await migration.destroy()).notices).toBeUndefined();
});

describe('rows that are not ours', () => {
  test.each([
    ['added to a dataset', 'dataset', 'Golden', 'own'],
    ['edited in a dataset', 'dataset', 'Golden', 'r1'],
  ])('%s: it stays with what it lives in and is counted', async (_how, kind, name, id) => {
    const migration = await migrated();
    await rows('destination', { dataset_id: (await there(kind, name)).id }, id);
    const plan = await migration.destroy();
    // The project's settings refer to the experiment.
    expect(blocks(plan).sort()).toEqual([
      'dataset."Support bot".Golden (rows_not_ours)',
      'experiment."Support bot".Run (still_referenced)',
      'project."Support bot" (still_referenced)',
    ]);
    expect(action(plan, 'blocked:dataset."Support bot".Golden').changes).toEqual([
      { path: 'rows_not_ours', before: 1 },
    ]);
    await migration.apply(plan);
    expect(await names('dataset')).toEqual(['Golden']);
    expect(await names('function')).toEqual([]);
  });

  test('in the log of a project: only the project stays', async () => {
    const migration = await migrated();
    const copy = await there('project', 'Support bot');
    await rows('destination', { project_id: copy.id, log_id: 'g' }, 'own0', 'own1');
    const plan = await migration.destroy();
    expect(blocks(plan)).toContain('project."Support bot" (rows_not_ours)');
    expect(action(plan, 'blocked:project."Support bot"').changes).toEqual([{ path: 'rows_not_ours', before: 2 }]);
  });

  test('that nobody can count: unknown, not none', async () => {
    const migration = await migrated();
    const golden = await there('dataset', 'Golden');
    orgs.emulator.faults.add({
      match: { path: '/btql', bodyIncludes: golden.id },
      action: { type: 'status', status: 403 },
    });
    expect(blocks(await migration.destroy())).toContain('dataset."Support bot".Golden (rows_unknown)');
  });

  test('that the server may not show yet, because its answer is older than what we wrote: unknown, not none', async () => {
    const migration = await migrated();
    const golden = await there('dataset', 'Golden');
    const { streams } = await migration.store.exportDocument();
    const ours = streams?.written_xacts.filter(({ stream }) => stream === 'dataset_rows') ?? [];
    const data = ours.map(({ xact, rows: row_count }) => ({ dataset_id: golden.id, _xact_id: xact, row_count }));
    const newest = BigInt(ours.at(-1)?.xact ?? 0);
    const answer = (state: bigint) => {
      orgs.emulator.faults.clear();
      orgs.emulator.faults.add({
        match: {
          path: '/btql',
          bodyIncludes: String.raw`dimensions: _xact_id\nmeasures: count(1) as row_count\nfrom: dataset(`,
        },
        action: {
          type: 'status',
          status: 200,
          body: { data, realtime_state: { type: 'off' }, freshness_state: { last_processed_xact_id: String(state) } },
        },
      });
    };
    answer(newest - 1n);
    expect(blocks(await migration.destroy())).toContain('dataset."Support bot".Golden (rows_unknown)');
    answer(newest);
    expect(blocks(await migration.destroy())).toEqual([]);
  });

  test('that came after the plan was made: nothing is deleted', async () => {
    const migration = await migrated();
    const plan = await migration.destroy();
    await rows('destination', { dataset_id: (await there('dataset', 'Golden')).id }, 'own');
    await expect(migration.apply(plan)).rejects.toMatchObject({
      code: 'BTM_PLAN_STALE',
      detail: expect.stringContaining('dataset."Support bot".Golden: 1 of its rows is not ours now') as string,
    });
    expect(await names('function')).toEqual(['tool']);
  });

  test('that came while it was applied: this container stays, and what holds it', async () => {
    const migration = await migrated('limits: { parallelism: 1 }');
    const plan = await migration.destroy();
    const golden = await there('dataset', 'Golden');
    const [hold = ''] = orgs.emulator.faults.add({
      match: { method: 'DELETE', path: '/v1/experiment/*' },
      action: { type: 'hold', when: 'after' },
    });
    const applying = migration.apply(plan);
    await orgs.emulator.faults.held(hold);
    await rows('destination', { dataset_id: golden.id }, 'own');
    orgs.emulator.faults.clear();
    const run = await applying;
    expect(run.summary).toMatchObject({ deleted: 2, failed: 1 });
    expect(run.actions.find(({ status }) => status === 'failed')).toMatchObject({
      address: 'dataset."Support bot".Golden',
      error: { code: 'BTM_PLAN_STALE' },
    });
    expect(run.actions.find(({ status }) => status === 'not_attempted')?.address).toBe('project."Support bot"');
    expect(await names('dataset')).toEqual(['Golden']);
  });
});

describe('objects of others', () => {
  const own = async (body: object) =>
    orgs.destination.object('POST', '/v1/prompt', { name: 'Own', slug: 'own', ...body });

  test('in a project keep the project, and what they refer to', async () => {
    await tool('other');
    const migration = await migrated();
    const copy = await there('project', 'Support bot');
    await own({ project_id: copy.id, ...using((await there('function', 'tool')).id) });
    const plan = await migration.destroy();
    expect(blocks(plan).sort()).toEqual([
      'dataset."Support bot".Golden (still_referenced)',
      'experiment."Support bot".Run (still_referenced)',
      'function."Support bot".tool (still_referenced)',
      'project."Support bot" (still_referenced)',
    ]);
    expect(action(plan, 'blocked:function."Support bot".tool').changes).toEqual([
      { path: 'referenced_by', before: 'prompt."Support bot".own' },
    ]);
    await migration.apply(plan);
    expect(await names('function')).toEqual(['Own', 'tool']);
  });

  test('in another project keep what they refer to, wherever the spec looks', async () => {
    const migration = await migrated('projects: { include: ["Support bot"] }');
    const elsewhere = await orgs.destination.object('POST', '/v1/project', { name: 'Elsewhere' });
    await own({ project_id: elsewhere.id, ...using((await there('function', 'tool')).id) });
    expect(blocks(await migration.destroy())).toContain('function."Support bot".tool (still_referenced)');
  });

  test('in a dataset keep the dataset: saved views are looked for everywhere', async () => {
    const migration = await migrated();
    await orgs.destination.object('POST', '/v1/view', {
      object_type: 'dataset',
      object_id: (await there('dataset', 'Golden')).id,
      view_type: 'dataset',
      name: 'Mine',
    });
    expect(blocks(await migration.destroy())).toContain('dataset."Support bot".Golden (still_referenced)');
  });

  test('that came after the plan was made: nothing is deleted', async () => {
    const migration = await migrated();
    const plan = await migration.destroy();
    await own({ project_id: (await there('project', 'Support bot')).id });
    await expect(migration.apply(plan)).rejects.toMatchObject({
      code: 'BTM_PLAN_STALE',
      detail: expect.stringContaining('prompt."Support bot".own refers to it or lives in it now') as string,
    });
    expect(await names('dataset')).toEqual(['Golden']);
  });

  test('that came while it was applied: the project stays', async () => {
    const migration = await migrated('limits: { parallelism: 1 }');
    const plan = await migration.destroy();
    const copy = await there('project', 'Support bot');
    const [hold = ''] = orgs.emulator.faults.add({
      match: { method: 'DELETE', path: '/v1/dataset/*' },
      action: { type: 'hold', when: 'after' },
    });
    const applying = migration.apply(plan);
    await orgs.emulator.faults.held(hold);
    await own({ project_id: copy.id });
    orgs.emulator.faults.clear();
    const run = await applying;
    expect(run.actions.filter(({ status }) => status === 'failed')).toMatchObject([
      { address: 'project."Support bot"', error: { code: 'BTM_PLAN_STALE' } },
    ]);
    expect(await names('project')).toEqual(['Support bot']);
    expect(await names('function')).toEqual(['Own']);
  });

  test('in the place of one of ours are never deleted, even when they are equal', async () => {
    const migration = await migrated();
    const plan = await migration.destroy();
    const { id, ...copy } = await there('function', 'tool');
    await orgs.destination.object('DELETE', `/v1/function/${id}`);
    const { project_id, name, slug, function_type, function_data } = copy;
    await orgs.destination.object('POST', '/v1/function', { project_id, name, slug, function_type, function_data });
    await expect(migration.apply(plan)).rejects.toMatchObject({ code: 'BTM_PLAN_STALE' });
    expect(blocks(await migration.destroy())).toContain('project."Support bot" (still_referenced)');
    expect(await names('function')).toEqual(['tool']);
  });
});

test('what was edited since goes, and the plan says so; edited after the plan, nothing goes', async () => {
  const migration = await migrated();
  const copy = await there('function', 'tool');
  await orgs.destination.object('PATCH', `/v1/function/${copy.id}`, { description: 'Mine' });
  const plan = await migration.destroy();
  expect(action(plan, 'delete:function."Support bot".tool')).toMatchObject({
    reason: 'destroy_edited',
    before: { description: 'Mine' },
  });
  await orgs.destination.object('PATCH', `/v1/function/${copy.id}`, { description: 'Mine still' });
  await expect(migration.apply(plan)).rejects.toMatchObject({ code: 'BTM_PLAN_STALE' });
  expect(await names('dataset')).toEqual(['Golden']);
  await migration.apply(await migration.destroy());
  expect(await names('function')).toEqual([]);
});

test('the source is only asked who it is', async () => {
  const migration = await migrated();
  await orgs.source.object('DELETE', `/v1/project/${project.id}`);
  orgs.emulator.requests.clear();
  await migration.apply(await migration.destroy());
  expect(
    orgs.emulator.requests
      .all()
      .filter(({ org }) => org === 'Acme Dev')
      .map(({ path }) => path)
      .filter((path) => path !== '/api/apikey/login'),
  ).toEqual([]);
  expect(await names('project')).toEqual([]);
});

test('what somebody deleted by hand is forgotten, and a lost answer is a deletion', async () => {
  const migration = await migrated();
  const copy = await there('function', 'tool');
  await orgs.destination.object('DELETE', `/v1/function/${copy.id}`);
  const golden = await there('dataset', 'Golden');
  orgs.emulator.faults.add({
    match: { method: 'DELETE', path: `/v1/dataset/${golden.id}` },
    times: 1,
    action: { type: 'reset', when: 'after' },
  });
  const plan = await migration.destroy();
  expect(action(plan, 'delete:function."Support bot".tool').reason).toBe('already_gone');
  expect((await migration.apply(plan)).summary).toMatchObject({ deleted: 4, failed: 0 });
  expect(await ours(migration)).toEqual([]);
});

describe('a part of it', () => {
  test('what the spec leaves out is left alone, and keeps what holds it', async () => {
    const migration = await migrated();
    migration.respec('resources: { exclude: [functions] }');
    const plan = await migration.destroy();
    expect(action(plan, 'skip:function."Support bot".tool').reason).toBe('not_selected');
    expect(blocks(plan)).toContain('project."Support bot" (still_referenced)');
    migration.respec('projects: { exclude: ["Support bot"] }');
    expect(pending(await migration.destroy())).toEqual([]);
  });

  test('--exclude keeps an object, what it refers to and what holds it', async () => {
    const a = await tool('a');
    const b = await tool('b', using(a.id));
    await orgs.source.object('PATCH', `/v1/function/${a.id}`, using(b.id));
    const migration = await migrated();
    const at = { kind: 'function', segments: ['Support bot', 'a'], text: 'function."Support bot".a' } as const;
    const plan = await migration.destroy({ excludes: [at] });
    expect(blocks(plan)).toEqual(expect.arrayContaining(['function."Support bot".b (still_referenced)']));
    expect(pending(plan)).toEqual(['delete:function."Support bot".tool']);
  });

  test('--target takes along what refers to it', async () => {
    const { id } = await tool('used');
    await make('prompt', { name: 'User', slug: 'user', ...using(id) });
    const migration = await migrated();
    const at = { kind: 'function', segments: ['Support bot', 'used'], text: 'function."Support bot".used' } as const;
    const plan = await migration.destroy({ targets: [at] });
    expect(pending(plan)).toEqual(['delete:prompt."Support bot".user', 'delete:function."Support bot".used']);
    const nowhere = { ...at, segments: ['Support bot', 'no'], text: 'function."Support bot".no' };
    await expect(migration.destroy({ targets: [nowhere] })).rejects.toMatchObject({ code: 'BTM_UNKNOWN_ADDRESS' });
  });
});

test('a list that fails hides what may live there: nothing that it may belong to goes', async () => {
  const migration = await migrated();
  orgs.emulator.faults.add({
    match: { method: 'GET', path: '/v1/project_score' },
    action: { type: 'status', status: 403 },
  });
  const plan = await migration.destroy();
  expect(blocks(plan)).toContain('project."Support bot" (list_failed)');
  orgs.emulator.faults.clear();
  const whole = await migration.destroy();
  orgs.emulator.faults.add({
    match: { method: 'GET', path: '/v1/project_score' },
    action: { type: 'status', status: 403 },
  });
  await expect(migration.apply(whole)).rejects.toMatchObject({ code: 'BTM_PERMISSION_DENIED' });
  expect(await names('dataset')).toEqual(['Golden']);
});

test('no value of a secret is in the plan', async () => {
  await orgs.source.object('POST', '/v1/env_var', {
    object_type: 'project',
    object_id: project.id,
    name: 'TOKEN',
  });
  await make('project_automation', {
    name: 'Tell',
    config: {
      event_type: 'logs',
      btql_filter: '',
      interval_seconds: 60,
      action: { type: 'webhook', url: 'https://hooks.acme.example/CANARY' },
    },
  });
  const migration = orgs.migration(`secrets: { 'env_var.project."Support bot".TOKEN': "\${TOKEN}" }`, {
    env: { TOKEN: 'CANARY' },
  });
  await migrate(migration);
  const plan = await migration.destroy();
  expect(pending(plan)).toContain('delete:project_automation."Support bot".Tell');
  expect(serializePlan(plan)).not.toContain('CANARY');
  expect((await migration.apply(plan)).summary.failed).toBe(0);
});
