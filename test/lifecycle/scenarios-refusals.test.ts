import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { action, migrate, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
beforeEach(async () => {
  orgs = await TwoOrgs.start();
});
afterEach(() => orgs.close());

test('E06 a project named like a path writes no file outside the folder of the state', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'bt-migrate-'));
  const folder = join(outside, 'a', 'b', 'state');
  mkdirSync(folder, { recursive: true });
  await orgs.project('../../escape/x');
  const store = await openSqliteState({ path: join(folder, 'state.db'), mode: 'write', mustExist: false });
  await migrate(orgs.migration('', { store }));
  await store.close();
  expect((await orgs.destination.list('/v1/project')).map(({ name }) => name)).toEqual(['../../escape/x']);
  expect(readdirSync(outside, { recursive: true }).sort()).toEqual(['a', 'a/b', 'a/b/state', 'a/b/state/state.db']);
  rmSync(outside, { recursive: true });
});

test('E07 a spec that cannot be read sends no request', async () => {
  const migration = orgs.migration('projects: { include: [');
  await expect(migration.plan()).rejects.toMatchObject({ code: 'BTM_SPEC_INVALID', exitCode: 7 });
  expect(orgs.emulator.requests.all()).toEqual([]);
});

test('E08 an unknown kind is refused and named', async () => {
  const migration = orgs.migration('resources: { include: [prompt, dataset] }');
  await expect(migration.plan()).rejects.toMatchObject({
    code: 'BTM_SPEC_INVALID',
    detail: expect.stringContaining('"prompt"'),
  });
  expect(orgs.emulator.requests.all()).toEqual([]);
});

test('E09 a project that does not exist is refused, and nothing is written', async () => {
  await orgs.project();
  const migration = orgs.migration('projects: { include: [Nope] }');
  await expect(migration.plan()).rejects.toMatchObject({
    code: 'BTM_UNKNOWN_PROJECT',
    exitCode: 7,
    detail: expect.stringContaining('"Nope"'),
  });
  expect(orgs.writesSent()).toEqual([]);
});

test('E10 roles alone make no project', async () => {
  for (let number = 0; number < 150; number += 1) await orgs.project(`Team ${number}`);
  await orgs.source.object('POST', '/v1/role', { name: 'Reviewer' });
  const { run } = await migrate(orgs.migration('resources: { include: [roles] }'));
  expect(run.summary).toMatchObject({ created: 1 });
  expect(await orgs.destination.list('/v1/project')).toEqual([]);
});

test('E11 a create that always fails is tried a few times, and what needs it is not attempted', async () => {
  const { id: project_id } = await orgs.project();
  await orgs.source.object('POST', '/v1/dataset', { project_id, name: 'Golden' });
  await orgs.source.object('POST', '/v1/role', { name: 'Reviewer' });
  orgs.emulator.faults.add({
    match: { path: '/v1/project', method: 'POST' },
    times: 100,
    action: { type: 'status', status: 500 },
  });
  orgs.emulator.requests.clear();
  const migration = orgs.migration();
  const run = await migration.apply(await migration.plan());
  const status = Object.fromEntries(run.actions.map(({ id, status: one, because_of }) => [id, because_of ?? one]));
  expect(status).toMatchObject({
    'create:project."Support bot"': 'failed',
    'create:dataset."Support bot".Golden': 'create:project."Support bot"',
    'create:role.Reviewer': 'done',
  });
  const posts = orgs.emulator.requests.matching('POST', '/v1/project');
  expect(posts.length).toBeGreaterThan(1);
  expect(posts.length).toBeLessThanOrEqual(5);

  orgs.emulator.faults.clear();
  const { run: second } = await migrate(migration);
  expect(second.summary).toMatchObject({ created: 2, failed: 0 });
});

test('E12 a provider key is made without its value, and the plan says that it must be set', async () => {
  await orgs.source.object('POST', '/v1/ai_secret', {
    name: 'OPENAI',
    type: 'openai',
    secret: 'sk-source-0123456789',
    metadata: { endpoint: 'https://llm.acme.example' },
  });
  const { plan } = await migrate(orgs.migration());
  const [post] = orgs.emulator.requests.matching('POST', '/v1/ai_secret').filter(({ org }) => org === 'Acme Prod');
  expect(Object.keys(JSON.parse(post?.body ?? '{}')).sort()).toEqual(['metadata', 'name', 'org_name', 'type']);
  expect(JSON.stringify(plan)).not.toContain('sk-');
  expect(plan.not_migrated).toContainEqual({
    address: 'ai_secret.OPENAI',
    path: 'secret',
    reason: 'secret_without_value',
  });
  expect(action(plan, 'create:ai_secret.OPENAI').after).not.toHaveProperty('preview_secret');
});

test('F04 what no list of the API shows is named among what is not migrated', async () => {
  await orgs.project();
  const { not_migrated } = await orgs.migration().plan();
  expect(not_migrated).toContainEqual({ address: 'custom_column', reason: 'not_listed_by_api' });
  expect(not_migrated.map(({ address }) => address)).toEqual(
    expect.arrayContaining(['playground', 'api_key', 'service_token', 'project_group', 'organization']),
  );
});
