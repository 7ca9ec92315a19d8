import { afterEach, beforeEach, expect, test } from 'vitest';
import { chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
beforeEach(async () => {
  orgs = await TwoOrgs.start();
});
afterEach(() => orgs.close());

test('C07 a plan after an apply has nothing to do, and applying it sends nothing', async () => {
  const { id: project_id } = await orgs.project();
  await orgs.source.object('POST', '/v1/prompt', { project_id, name: 'A', slug: 'a', prompt_data: chat('Hello') });
  await orgs.source.object('POST', '/v1/dataset', { project_id, name: 'Golden', metadata: { empty: {}, none: null } });
  const migration = orgs.migration();
  await migrate(migration);
  orgs.emulator.requests.clear();
  const plan = await migration.plan();
  expect(pending(plan)).toEqual([]);
  expect(await migration.apply(plan)).toMatchObject({ run_id: null, summary: { created: 0, updated: 0, adopted: 0 } });
  expect(orgs.writesSent()).toEqual([]);
});

test('C09 one organization on both sides is refused before anything is written', async () => {
  const migration = orgs.migration('', { env: { BT_DEST_API_KEY: 'sk-acme-dev' }, into: 'Acme Dev' });
  await expect(migration.plan()).rejects.toMatchObject({ code: 'BTM_SAME_ORG' });
  expect(orgs.emulator.requests.matching('POST', '/v1')).toEqual([]);
});

test('C10 a second run posts no experiment again', async () => {
  const { id: project_id } = await orgs.project();
  for (let number = 0; number < 120; number += 1)
    await orgs.source.object('POST', '/v1/experiment', { project_id, name: `Run ${number}` });
  const migration = orgs.migration();
  expect((await migrate(migration)).run.summary).toMatchObject({ created: 121 });
  orgs.emulator.requests.clear();
  await migrate(migration);
  expect(orgs.writesSent()).toEqual([]);
});

test('E01 a server that caps its pages loses nothing', async () => {
  const { id: project_id } = await orgs.project();
  for (let number = 0; number < 250; number += 1)
    await orgs.source.object('POST', '/v1/prompt', { project_id, name: `P ${number}`, slug: `p-${number}` });
  orgs.emulator.setVisibility({ pageCap: 100 });
  const migration = orgs.migration();
  await migrate(migration);
  expect(pending(await migration.plan())).toEqual([]);
  orgs.emulator.setVisibility({ pageCap: null });
  expect(await orgs.destination.list('/v1/prompt')).toHaveLength(250);
});

test('E02 2,500 experiments are listed and made, oldest first', async () => {
  const { id: project_id } = await orgs.project();
  const names = Array.from({ length: 2500 }, (_, number) => `Run ${number}`);
  for (const name of names) {
    orgs.emulator.clock.advance(1);
    await orgs.source.object('POST', '/v1/experiment', { project_id, name });
  }
  orgs.emulator.requests.clear();
  await migrate(orgs.migration());
  const posts = orgs.emulator.requests.matching('POST', '/v1/experiment');
  expect(posts.map(({ body }) => (JSON.parse(body ?? '') as { name: string }).name)).toEqual(names);
});

test('scores and tags are made in the order in which they are shown, not in that of their creation', async () => {
  const { id: project_id } = await orgs.project();
  for (const name of ['refund', 'bug', 'praise'])
    await orgs.source.object('POST', '/v1/project_tag', { project_id, name });
  // Somebody dragged the last tag to the top.
  const dump = JSON.parse(JSON.stringify(orgs.emulator.dump())) as {
    objects: { project_tag: { fields: { name: string; position: string } }[] };
  };
  for (const { fields } of dump.objects.project_tag) if (fields.name === 'praise') fields.position = '0|a00000:';
  orgs.emulator.load(dump);
  orgs.emulator.requests.clear();
  await migrate(orgs.migration());
  const posts = orgs.emulator.requests.matching('POST', '/v1/project_tag');
  expect(posts.map(({ body }) => (JSON.parse(body ?? '') as { name: string }).name)).toEqual([
    'praise',
    'refund',
    'bug',
  ]);
});

test('F02 a renamed project is made under its new name, and everything in it refers to it', async () => {
  const { id: project_id } = await orgs.project('P');
  const golden = await orgs.source.object('POST', '/v1/dataset', { project_id, name: 'Golden' });
  await orgs.source.object('POST', '/v1/experiment', { project_id, name: 'E', dataset_id: golden.id });
  const migration = orgs.migration('projects: { rename: { P: Q } }');
  await migrate(migration);
  const [copy, ...others] = await orgs.destination.list('/v1/project');
  expect([copy?.name, others]).toEqual(['Q', []]);
  const dataset = await orgs.found('destination', '/v1/dataset', 'Golden');
  expect(await orgs.found('destination', '/v1/experiment', 'E')).toMatchObject({
    project_id: copy?.id,
    dataset_id: dataset.id,
  });
  expect(pending(await migration.plan())).toEqual([]);
});
