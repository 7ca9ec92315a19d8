import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dump } from '../../emulator/store/dump.ts';
import { BtMigrateError } from '../../src/domain/errors.ts';
import { openMemoryState } from '../../src/state/memory-store.ts';
import { Crash, crashingStore } from '../support/crashing-store.ts';
import { chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
/** Both orgs before anything was migrated. */
let seeded: Dump;

beforeAll(async () => {
  orgs = await TwoOrgs.start();
  const { id: project_id } = await orgs.project('Support bot', { description: 'Answers customers' });
  const prompt = await orgs.source.object('POST', '/v1/prompt', {
    project_id,
    name: 'Triage',
    slug: 'triage',
    prompt_data: chat('Sort it.'),
  });
  const tool = await orgs.source.object('POST', '/v1/function', {
    project_id,
    name: 'Escalate',
    slug: 'escalate',
    function_type: 'tool',
    function_data: { type: 'prompt' },
    prompt_data: chat('Ask.', { tool_functions: [{ type: 'function', id: prompt.id }] }),
  });
  await orgs.source.object('PATCH', `/v1/prompt/${prompt.id}`, {
    prompt_data: { tool_functions: [{ type: 'function', id: tool.id }] },
  });
  const run = await orgs.source.object('POST', '/v1/experiment', { project_id, name: 'Run' });
  await orgs.source.object('PATCH', `/v1/project/${project_id}`, { settings: { baseline_experiment_id: run.id } });
  const team = await orgs.source.object('POST', '/v1/group', { name: 'Team' });
  await orgs.source.object('POST', '/v1/acl', {
    object_type: 'project',
    object_id: project_id,
    group_id: team.id,
    permission: 'read',
  });
  await orgs.source.object('POST', '/v1/env_var', { object_type: 'project', object_id: project_id, name: 'TOKEN' });
  seeded = JSON.parse(JSON.stringify(orgs.emulator.dump())) as Dump;
});
afterAll(() => orgs.close());

const PATHS = ['project', 'function', 'experiment', 'group', 'acl/list_org', 'env_var'];

/** What the destination holds, without ids, times and versions. */
async function content(): Promise<string[]> {
  const lists = await Promise.all(PATHS.map((path) => orgs.destination.list(`/v1/${path}`)));
  return lists
    .flat()
    .map(({ name, slug, object_type, permission, description }) =>
      [name, slug, object_type, permission, description].join(' '),
    );
}

function posts(): string[] {
  return orgs.writesSent().filter((write) => write.startsWith('POST'));
}

async function writesOfOneRun(): Promise<number> {
  orgs.emulator.load(seeded);
  const store = crashingStore(openMemoryState(), -1, 'before');
  await migrate(orgs.migration('', { store }));
  return store.writes();
}

describe.each(['before', 'after'] as const)('a process that dies %s a write of its journal', (when) => {
  test('is resumed by the same plan, at every such write, without a second object', async () => {
    const steps = await writesOfOneRun();
    const expected = (await content()).sort();
    expect(steps).toBeGreaterThan(20);
    for (let at = 0; at < steps; at += 1) {
      orgs.emulator.load(seeded);
      orgs.emulator.requests.clear();
      const store = openMemoryState();
      const dying = orgs.migration('limits: { parallelism: 4 }', { store: crashingStore(store, at, when) });
      const plan = await dying.plan();
      await expect(dying.apply(plan), `write ${at}`).rejects.toBeInstanceOf(Crash);

      const resumed = orgs.migration('limits: { parallelism: 4 }', { store });
      const run = await resumed.apply(plan);
      expect(run.summary.failed, `write ${at}`).toBe(0);
      expect((await content()).sort(), `write ${at}`).toEqual(expected);
      expect(posts(), `write ${at}`).toHaveLength(plan.actions.filter(({ op }) => op === 'create').length);
      expect(pending(await resumed.plan()), `write ${at}`).toEqual([]);
    }
  });
});

test('an interruption lets what is in flight end, starts nothing new, and is resumed', async () => {
  orgs.emulator.load(seeded);
  orgs.emulator.requests.clear();
  const migration = orgs.migration('limits: { parallelism: 2 }');
  const plan = await migration.plan();
  const [hold = ''] = orgs.emulator.faults.add({
    match: { method: 'POST', path: '/v1/project' },
    action: { type: 'hold', when: 'after' },
  });
  const applying = migration.apply(plan);
  await orgs.emulator.faults.held(hold);
  migration.abort.abort(new BtMigrateError('BTM_INTERRUPTED', { detail: 'SIGINT arrived.' }));
  orgs.emulator.faults.clear();
  const run = await applying;
  expect(run.ended_by).toMatchObject({ code: 'BTM_INTERRUPTED' });
  expect(run.actions.find(({ id }) => id.startsWith('create:project.'))?.status).toBe('done');
  expect(run.actions.some(({ status }) => status === 'not_attempted')).toBe(true);

  const resumed = orgs.migration('limits: { parallelism: 2 }', { store: migration.store });
  expect(await resumed.apply(plan)).toMatchObject({ resumed: true, run_id: run.run_id, summary: { failed: 0 } });
  expect(posts()).toHaveLength(plan.actions.filter(({ op }) => op === 'create').length);
  expect(await resumed.apply(plan)).toMatchObject({ already_applied: true });
});

test('a key that is rejected in the middle ends the run, and the same plan goes on with a new one', async () => {
  orgs.emulator.load(seeded);
  orgs.emulator.requests.clear();
  const migration = orgs.migration('limits: { parallelism: 1 }');
  const plan = await migration.plan();
  orgs.emulator.faults.add({
    match: { method: 'POST', path: '/v1/*' },
    after: 2,
    action: { type: 'status', status: 401 },
  });
  const run = await migration.apply(plan);
  expect(run.ended_by).toMatchObject({ code: 'BTM_CREDENTIALS_REJECTED' });
  expect(run.summary).toMatchObject({ failed: 0 });
  expect(run.summary.created).toBe(2);
  orgs.emulator.faults.clear();
  expect(await migration.apply(plan)).toMatchObject({ resumed: true, summary: { failed: 0 } });
  expect(pending(await migration.plan())).toEqual([]);
});
