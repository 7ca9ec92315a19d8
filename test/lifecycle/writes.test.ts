import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Shown } from '../support/emulator-client.ts';
import { action, blocks, changes, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project('Support bot', { description: 'Answers customers' });
});
afterEach(() => orgs.close());

const make = (kind: string, body: object) =>
  orgs.source.object('POST', `/v1/${kind}`, { project_id: project.id, ...body });
const bodyOf = (method: string, path: string) =>
  JSON.parse(orgs.emulator.requests.matching(method, path).at(-1)?.body ?? 'null') as unknown;

/** Changes stored fields in ways that no request can, as a person in the app or another version of it may have. */
function rewrite(kind: string, id: string, fields: Record<string, unknown>): void {
  const dump = JSON.parse(JSON.stringify(orgs.emulator.dump())) as {
    objects: Record<string, { id: string; fields: Record<string, unknown> }[]>;
  };
  for (const stored of dump.objects[kind] ?? []) if (stored.id === id) Object.assign(stored.fields, fields);
  orgs.emulator.load(dump);
}

test('what PATCH cannot clear is blocked, and the rest of the update goes on', async () => {
  const migration = orgs.migration();
  await migrate(migration);
  rewrite('project', project.id, { description: null });
  await orgs.source.object('PATCH', `/v1/project/${project.id}`, { settings: { comparison_key: 'input' } });
  const { plan } = await migrate(migration);
  const address = 'project."Support bot"';
  expect(changes(action(plan, `update:${address}`))).toEqual({ settings: [undefined, { comparison_key: 'input' }] });
  expect(action(plan, `blocked:${address}`)).toMatchObject({
    reason: 'cannot_clear_field',
    changes: [{ path: 'description', before: 'Answers customers' }],
  });
  expect(await orgs.found('destination', '/v1/project', 'Support bot')).toMatchObject({
    description: 'Answers customers',
    settings: { comparison_key: 'input' },
  });
  const again = await migration.plan();
  expect([pending(again), blocks(again)]).toEqual([[], [`${address} (cannot_clear_field)`]]);
});

test('a key that is gone from the metadata of a dataset is blocked alone, beside a key that changes', async () => {
  const dataset = await make('dataset', { name: 'Golden', metadata: { owner: 'support', review: { every: 'month' } } });
  const migration = orgs.migration();
  await migrate(migration);
  rewrite('dataset', dataset.id, { metadata: { owner: 'quality', review: {} } });
  const { plan } = await migrate(migration);
  const address = 'dataset."Support bot".Golden';
  expect(changes(action(plan, `update:${address}`))).toEqual({ 'metadata.owner': ['support', 'quality'] });
  expect(changes(action(plan, `blocked:${address}`))).toEqual({ 'metadata.review.every': ['month', undefined] });
  expect(await orgs.found('destination', '/v1/dataset', 'Golden')).toMatchObject({
    metadata: { owner: 'quality', review: { every: 'month' } },
  });
  expect(pending(await migration.plan())).toEqual([]);
});

test('lists that are gone from the source are emptied by PATCH', async () => {
  const dataset = await make('dataset', { name: 'Golden', tags: ['core', 'new'] });
  const tool = await make('prompt', { name: 'Tool', slug: 'tool' });
  const uses = chat('One.', { tool_functions: [{ type: 'function', id: tool.id }] });
  const prompt = await make('prompt', { name: 'Triage', slug: 'triage', prompt_data: uses });
  const migration = orgs.migration();
  await migrate(migration);
  rewrite('dataset', dataset.id, { tags: null });
  rewrite('prompt', prompt.id, { slug: 'sort', prompt_data: chat('One.') });
  orgs.emulator.requests.clear();
  const { plan } = await migrate(migration);
  expect(blocks(plan)).toEqual([]);
  expect(orgs.writesSent().map((write) => write.split('/', 3).join('/'))).toEqual([
    'PATCH /v1/dataset',
    'PATCH /v1/prompt',
  ]);
  expect((await orgs.found('destination', '/v1/dataset', 'Golden')).tags).toEqual([]);
  expect(pending(await migration.plan())).toEqual([]);
});

test('a reference to something deleted is replaced by PATCH, not taken for a field that cannot be cleared', async () => {
  const golden = await make('dataset', { name: 'Golden' });
  const experiment = await make('experiment', { name: 'E', dataset_id: golden.id });
  const migration = orgs.migration();
  await migrate(migration);
  const gone = await orgs.destination.object('POST', '/v1/dataset', {
    project_id: (await orgs.found('destination', '/v1/project', 'Support bot')).id,
    name: 'Gone',
  });
  const copy = await orgs.found('destination', '/v1/experiment', 'E');
  await orgs.destination.object('PATCH', `/v1/experiment/${copy.id}`, { dataset_id: gone.id });
  await orgs.destination.object('DELETE', `/v1/dataset/${gone.id}`);
  const { plan } = await migrate(migration);
  expect(pending(plan)).toEqual(['update:experiment."Support bot".E']);
  expect(blocks(plan)).toEqual([]);
  const there = await orgs.found('destination', '/v1/dataset', 'Golden');
  expect((await orgs.found('destination', '/v1/experiment', 'E')).dataset_id).toBe(there.id);
  expect(experiment.dataset_id).toBe(golden.id);
});

test('a prompt from which a nested key goes is replaced by PUT', async () => {
  const prompt = await make('prompt', {
    name: 'Triage',
    slug: 'triage',
    prompt_data: chat('One.', { options: { model: 'gpt-5', params: { temperature: 0, top_p: 1 } } }),
  });
  const migration = orgs.migration();
  await migrate(migration);
  const { id } = await orgs.found('destination', '/v1/prompt', 'triage');
  await orgs.source.object('PUT', '/v1/prompt', {
    project_id: project.id,
    name: 'Triage',
    slug: 'triage',
    prompt_data: chat('One.', { options: { model: 'gpt-5', params: { temperature: 0 } } }),
  });
  orgs.emulator.requests.clear();
  const { plan } = await migrate(migration);
  expect(changes(action(plan, 'update:prompt."Support bot".triage'))).toEqual({
    'prompt_data.options.params.top_p': [1, undefined],
  });
  expect(orgs.writesSent()).toEqual(['PUT /v1/prompt']);
  expect((await orgs.found('destination', '/v1/prompt', 'triage')).id).toBe(id);
  expect(prompt.slug).toBe('triage');
  expect(pending(await migration.plan())).toEqual([]);
});

test('a field that only PUT takes is changed by PUT', async () => {
  const tool = {
    name: 'Tool',
    slug: 'tool',
    function_type: 'tool',
    function_data: { type: 'prompt' },
    function_schema: { parameters: { $ref: '#/definitions/order' } },
  };
  await make('function', tool);
  const migration = orgs.migration();
  await migrate(migration);
  await orgs.source.object('PUT', '/v1/function', {
    project_id: project.id,
    ...tool,
    function_schema: { parameters: { $ref: '#/definitions/parcel' } },
  });
  orgs.emulator.requests.clear();
  await migrate(migration);
  expect(orgs.writesSent()).toEqual(['PUT /v1/function']);
  expect(await orgs.found('destination', '/v1/function', 'tool')).toMatchObject({
    function_schema: { parameters: { $ref: '#/definitions/parcel' } },
  });
  expect(pending(await migration.plan())).toEqual([]);
});

describe('sets', () => {
  test('of a role change by what is added and removed, in any order', async () => {
    const a = { permission: 'read', restrict_object_type: null };
    const b = { permission: 'update', restrict_object_type: 'dataset' };
    const c = { permission: 'delete', restrict_object_type: null };
    const role = await orgs.source.object('POST', '/v1/role', { name: 'Reviewer', member_permissions: [a, b] });
    const migration = orgs.migration();
    await migrate(migration);
    await orgs.source.object('PATCH', `/v1/role/${role.id}`, {
      remove_member_permissions: [a],
      add_member_permissions: [c],
    });
    await migrate(migration);
    const { id } = await orgs.found('destination', '/v1/role', 'Reviewer');
    expect(bodyOf('PATCH', `/v1/role/${id}`)).toEqual({
      add_member_permissions: [c],
      remove_member_permissions: [a],
    });
    expect(pending(await migration.plan())).toEqual([]);
    rewrite('role', id, { member_permissions: [c, b] });
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('of a group lose a member that the destination does not even list', async () => {
    const a = await orgs.source.object('POST', '/v1/group', { name: 'A' });
    await orgs.source.object('POST', '/v1/group', { name: 'Team', member_groups: [a.id] });
    const migration = orgs.migration();
    await migrate(migration);
    const team = await orgs.found('destination', '/v1/group', 'Team');
    const stranger = '7d8a6b50-5f06-4f0c-9f0e-3c4f6f1f0001';
    rewrite('group', team.id, { member_groups: [...(team.member_groups as string[]), stranger] });
    await migrate(migration);
    expect(bodyOf('PATCH', `/v1/group/${team.id}`)).toEqual({ remove_member_groups: [stranger] });
    expect(pending(await migration.plan())).toEqual([]);
  });
});

test('data that looks like markers, prototypes and other traps arrives as it is', async () => {
  const metadata = JSON.parse(
    '{"__proto__":{"a":1},"constructor":"x","toString":null,"$ref":"#/definitions/X","nested":{"$ref":"prompt.P.x"},"empty":{},"list":[[],{},null]}',
  ) as object;
  const dataset = await make('dataset', { name: 'Traps', metadata });
  await make('function', {
    name: 'Schema',
    slug: 'schema',
    function_type: 'tool',
    function_data: { type: 'prompt' },
    function_schema: { parameters: { $ref: '#/definitions/X', definitions: { X: { $secret: 'NAME' } } } },
  });
  const migration = orgs.migration();
  await migrate(migration);
  const copy = await orgs.destination.call(
    'GET',
    `/v1/dataset/${(await orgs.found('destination', '/v1/dataset', 'Traps')).id}`,
  );
  const original = await orgs.source.call('GET', `/v1/dataset/${dataset.id}`);
  const metadataText = (text: string) => /"metadata":(\{.*\}),"url_slug"/.exec(text)?.[1];
  expect(metadataText(copy.text)).toBe(metadataText(original.text));
  expect(metadataText(copy.text)).toContain('"__proto__"');
  expect(await orgs.found('destination', '/v1/function', 'schema')).toMatchObject({
    function_schema: { parameters: { $ref: '#/definitions/X', definitions: { X: { $secret: 'NAME' } } } },
  });
  expect(pending(await migration.plan())).toEqual([]);

  rewrite('dataset', dataset.id, { metadata: { $ref: '#/definitions/Y', other: 1 } });
  const { plan } = await migrate(migration);
  expect(pending(plan)).toEqual(['update:dataset."Support bot".Traps']);
  expect(Object.keys(changes(action(plan, 'blocked:dataset."Support bot".Traps')))).toContain('metadata.constructor');
  expect(pending(await migration.plan())).toEqual([]);
});

test('metadata that is nested a thousand levels deep arrives', async () => {
  const deep = `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`;
  await make('dataset', { name: 'Deep', metadata: JSON.parse(deep) as object });
  const migration = orgs.migration();
  await migrate(migration);
  expect(JSON.stringify((await orgs.found('destination', '/v1/dataset', 'Deep')).metadata)).toBe(deep);
  expect(pending(await migration.plan())).toEqual([]);
});

test('numbers arrive digit for digit, and one spelling of a number is as good as another', async () => {
  const body = (metadata: string) => `{"project_id":"${project.id}","name":"Numbers","metadata":${metadata}}`;
  const post = await fetch(`${orgs.emulator.url}/v1/dataset`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-acme-dev', 'content-type': 'application/json' },
    body: body('{"one":1.0,"small":0.1}'),
  });
  expect(post.status).toBe(200);
  const migration = orgs.migration();
  await migrate(migration);
  expect(pending(await migration.plan())).toEqual([]);
});
