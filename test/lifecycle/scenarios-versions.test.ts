import { afterEach, beforeEach, expect, test } from 'vitest';
import { chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
beforeEach(async () => {
  orgs = await TwoOrgs.start();
});
afterEach(() => orgs.close());

test('D15 where a prompt came from is kept, without a version of the source', async () => {
  const { id: project_id } = await orgs.project();
  const a = await orgs.source.object('POST', '/v1/prompt', {
    project_id,
    name: 'A',
    slug: 'a',
    prompt_data: chat('A'),
  });
  await orgs.source.object('PATCH', `/v1/prompt/${a.id}`, { description: 'Moved on' });
  await orgs.source.object('POST', '/v1/prompt', {
    project_id,
    name: 'B',
    slug: 'b',
    prompt_data: chat('B', { origin: { prompt_id: a.id, project_id, prompt_version: a._xact_id } }),
  });
  const { plan } = await migrate(orgs.migration());
  const copy = await orgs.found('destination', '/v1/prompt', 'a');
  const project = await orgs.found('destination', '/v1/project', 'Support bot');
  expect((await orgs.found('destination', '/v1/prompt', 'b')).prompt_data).toMatchObject({
    origin: { prompt_id: copy.id, project_id: project.id },
  });
  expect(JSON.stringify(await orgs.destination.list('/v1/prompt'))).not.toContain(String(a._xact_id));
  expect(plan.not_migrated).toContainEqual({
    address: 'prompt."Support bot".b',
    path: 'prompt_data.origin.prompt_version',
    reason: 'pin_dropped',
  });
});

test('a prompt is not written again because the one that it came from was edited', async () => {
  const { id: project_id } = await orgs.project();
  const a = await orgs.source.object('POST', '/v1/prompt', {
    project_id,
    name: 'A',
    slug: 'a',
    prompt_data: chat('A'),
  });
  await orgs.source.object('POST', '/v1/prompt', {
    project_id,
    name: 'B',
    slug: 'b',
    prompt_data: chat('B', { origin: { prompt_id: a.id, project_id, prompt_version: a._xact_id } }),
  });
  const migration = orgs.migration();
  await migrate(migration);
  const copied = await orgs.found('destination', '/v1/prompt', 'a');
  expect((await orgs.found('destination', '/v1/prompt', 'b')).prompt_data).toMatchObject({
    origin: { prompt_id: copied.id, prompt_version: copied._xact_id },
  });
  await orgs.source.object('PATCH', `/v1/prompt/${a.id}`, { description: 'Edited' });
  const { plan } = await migrate(migration);
  expect(pending(plan)).toEqual(['update:prompt."Support bot".a']);
  expect(pending((await migrate(migration)).plan)).toEqual([]);
});

test('D17 the version of the parameters of an experiment follows, an older one as a copy of that version', async () => {
  const { id: project_id } = await orgs.project();
  const settings = await orgs.source.object('POST', '/v1/function', {
    project_id,
    name: 'Settings',
    slug: 'settings',
    function_type: 'parameters',
    function_data: { type: 'parameters', data: { tone: 'friendly' }, __schema: { type: 'object', properties: {} } },
  });
  const newer = await orgs.source.object('PATCH', `/v1/function/${settings.id}`, { description: 'Reviewed' });
  const experiment = (name: string, parameters_version: unknown) =>
    orgs.source.object('POST', '/v1/experiment', { project_id, name, parameters_id: settings.id, parameters_version });
  await experiment('Newest', newer._xact_id);
  await experiment('Older', settings._xact_id);
  const migration = orgs.migration();
  await migrate(migration);
  const copy = await orgs.found('destination', '/v1/function', 'settings');
  expect(await orgs.found('destination', '/v1/experiment', 'Newest')).toMatchObject({
    parameters_id: copy.id,
    parameters_version: copy._xact_id,
  });
  const { parameters_version } = await orgs.found('destination', '/v1/experiment', 'Older');
  const older = await orgs.destination.object('GET', `/v1/function/${copy.id}?version=${parameters_version}`);
  expect([older.description, copy.description]).toEqual([null, 'Reviewed']);

  const middle = await orgs.source.object('PATCH', `/v1/function/${settings.id}`, { description: 'Middle' });
  await orgs.source.object('PATCH', `/v1/function/${settings.id}`, { description: 'Again' });
  await experiment('Never written', middle._xact_id);
  const { plan } = await migrate(migration);
  expect(pending(plan)).toEqual([
    'update:function."Support bot".settings',
    'create:experiment."Support bot"."Never written"',
  ]);
  expect(await orgs.found('destination', '/v1/experiment', 'Never written')).toMatchObject({
    parameters_version: null,
  });
  expect(plan.not_migrated).toContainEqual({
    address: 'experiment."Support bot"."Never written"',
    path: 'parameters_version',
    reason: 'pin_dropped',
  });
  expect(pending(await migration.plan())).toEqual([]);
});
