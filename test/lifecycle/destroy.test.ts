import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { serializePlan } from '../../src/planner/plan-file.ts';
import { clientOf } from '../support/emulator-client.ts';
import { Migration, startAcme } from '../support/migration.ts';
import { portrait } from '../support/portrait.ts';
import { SupportBot, using } from '../support/support-bot.ts';
import { action, blocks, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let bot: SupportBot;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  bot = await SupportBot.start(orgs);
});
afterEach(() => orgs.close());

const ours = async (migration: Migration) =>
  (await migration.store.snapshot()).mappings.filter(({ origin }) => origin === 'created').map(({ kind }) => kind);

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
  const migration = await bot.migrated();
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
  await bot.make('project_tag', { name: 'own' });
  await bot.make('project_tag', { name: 'new' });
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
  expect(await bot.names('project_tag')).toEqual(['own']);
  expect(await bot.names('project')).toEqual(['Support bot']);
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
  const migration = await bot.migrated(`protect: ['${at}']`);
  const plan = await migration.destroy();
  expect(blocks(plan)).toEqual(expect.arrayContaining(blocked));
  expect(blocks(plan).some((block) => block.startsWith('project."Support bot" ('))).toBe(true);
  await migration.apply(plan);
  expect(await bot.names('project')).toEqual(['Support bot']);
});

test('an entry under protect that matches nothing is told', async () => {
  const migration = await bot.migrated(`protect: ['function."Support bot".tol']`);
  expect((await migration.destroy()).notices).toMatchObject([{ code: 'matches_nothing', section: 'protect' }]);
});

test('an entry under accept is not held against a source that was not read', async () => {
  const migration = await bot.migrated(`accept: [{ at: 'function."Support bot".bundle', reason: pushed again }]`);
  expect((await migration.destroy()).notices).toBeUndefined();
});

test('what was edited since goes, and the plan says so; edited after the plan, nothing goes', async () => {
  const migration = await bot.migrated();
  const copy = await bot.there('function', 'tool');
  await orgs.destination.object('PATCH', `/v1/function/${copy.id}`, { description: 'Mine' });
  const plan = await migration.destroy();
  expect(action(plan, 'delete:function."Support bot".tool')).toMatchObject({
    reason: 'destroy_edited',
    before: { description: 'Mine' },
  });
  await orgs.destination.object('PATCH', `/v1/function/${copy.id}`, { description: 'Mine still' });
  await expect(migration.apply(plan)).rejects.toMatchObject({ code: 'BTM_PLAN_STALE' });
  expect(await bot.names('dataset')).toEqual(['Golden']);
  await migration.apply(await migration.destroy());
  expect(await bot.names('function')).toEqual([]);
});

test('the source is only asked who it is', async () => {
  const migration = await bot.migrated();
  await orgs.source.object('DELETE', `/v1/project/${bot.project.id}`);
  orgs.emulator.requests.clear();
  await migration.apply(await migration.destroy());
  expect(
    orgs.emulator.requests
      .all()
      .filter(({ org }) => org === 'Acme Dev')
      .map(({ path }) => path)
      .filter((path) => path !== '/api/apikey/login'),
  ).toEqual([]);
  expect(await bot.names('project')).toEqual([]);
});

test('what somebody deleted by hand is forgotten, and a lost answer is a deletion', async () => {
  const migration = await bot.migrated();
  const copy = await bot.there('function', 'tool');
  await orgs.destination.object('DELETE', `/v1/function/${copy.id}`);
  const golden = await bot.there('dataset', 'Golden');
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
    const migration = await bot.migrated();
    migration.respec('resources: { exclude: [functions] }');
    const plan = await migration.destroy();
    expect(action(plan, 'skip:function."Support bot".tool').reason).toBe('not_selected');
    expect(blocks(plan)).toContain('project."Support bot" (still_referenced)');
    migration.respec('projects: { exclude: ["Support bot"] }');
    expect(pending(await migration.destroy())).toEqual([]);
  });

  test('--exclude keeps an object, what it refers to and what holds it', async () => {
    const a = await bot.tool('a');
    const b = await bot.tool('b', using(a.id));
    await orgs.source.object('PATCH', `/v1/function/${a.id}`, using(b.id));
    const migration = await bot.migrated();
    const at = { kind: 'function', segments: ['Support bot', 'a'], text: 'function."Support bot".a' } as const;
    const plan = await migration.destroy({ excludes: [at] });
    expect(blocks(plan)).toEqual(expect.arrayContaining(['function."Support bot".b (still_referenced)']));
    expect(pending(plan)).toEqual(['delete:function."Support bot".tool']);
  });

  test('--target takes along what refers to it', async () => {
    const { id } = await bot.tool('used');
    await bot.make('prompt', { name: 'User', slug: 'user', ...using(id) });
    const migration = await bot.migrated();
    const at = { kind: 'function', segments: ['Support bot', 'used'], text: 'function."Support bot".used' } as const;
    const plan = await migration.destroy({ targets: [at] });
    expect(pending(plan)).toEqual(['delete:prompt."Support bot".user', 'delete:function."Support bot".used']);
    const nowhere = { ...at, segments: ['Support bot', 'no'], text: 'function."Support bot".no' };
    await expect(migration.destroy({ targets: [nowhere] })).rejects.toMatchObject({ code: 'BTM_UNKNOWN_ADDRESS' });
  });
});

test('a list that fails hides what may live there: nothing that it may belong to goes', async () => {
  const migration = await bot.migrated();
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
  expect(await bot.names('dataset')).toEqual(['Golden']);
});

test('no value of a secret is in the plan', async () => {
  await orgs.source.object('POST', '/v1/env_var', {
    object_type: 'project',
    object_id: bot.project.id,
    name: 'TOKEN',
  });
  await bot.make('project_automation', {
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
