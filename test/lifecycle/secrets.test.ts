import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import { prettyJson } from '../../src/domain/json.ts';
import type { OrgReader } from '../../src/domain/org.ts';
import type { Migration } from '../support/migration.ts';
import { action, changes, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

const YAML = 'secrets: { ai_secret.OPENAI: "$' + '{PROD_KEY}" }';
const ID = 'ai_secret.OPENAI';

let orgs: TwoOrgs;
beforeEach(async () => {
  orgs = await TwoOrgs.start();
  await orgs.source.object('POST', '/v1/ai_secret', { name: 'OPENAI', type: 'openai', secret: 'sk-source-0123456789' });
});
afterEach(() => orgs.close());

const preview = async () => (await orgs.found('destination', '/v1/ai_secret', 'OPENAI')).preview_secret;

test('a value from the operator is written, and appears nowhere else', async () => {
  const migration = orgs.migration(YAML, { env: { PROD_KEY: 'sk-prod-abcdefghij' } });
  const { plan, run } = await migrate(migration);
  expect(action(plan, `create:${ID}`).after).toMatchObject({ secret: { $secret: 'PROD_KEY' } });
  expect(await preview()).toBe('sk-********hij');
  const seen = [plan, run, migration.events, await migration.store.exportDocument()];
  expect(prettyJson(seen as unknown as Json)).not.toContain('sk-prod');
  expect(plan.not_migrated.filter(({ address }) => address === ID)).toEqual([]);
  expect(pending(await migration.plan())).toEqual([]);
});

test('what has no value yet is named in every plan until it has one, and is no reason to write', async () => {
  const missing = { address: ID, path: 'secret', reason: 'secret_without_value' };
  const migration = orgs.migration();
  const named = async () => {
    const plan = await migration.plan();
    expect(pending(plan)).toEqual(plan.actions.some(({ op }) => op === 'create') ? [`create:${ID}`] : []);
    return plan.not_migrated.filter(({ address }) => address === ID);
  };
  expect(await named()).toEqual([missing]);
  await migrate(migration);
  expect(await named()).toEqual([missing]);
  const copy = await orgs.found('destination', '/v1/ai_secret', 'OPENAI');
  await orgs.destination.object('PATCH', `/v1/ai_secret/${copy.id}`, { secret: 'sk-by-hand-0123' });
  expect(await named()).toEqual([]);
});

test('a value that the server does not show is known by what was written', async () => {
  const hidden = (reader: OrgReader): OrgReader => ({
    ...reader,
    list: async (request) => {
      const answer = await reader.list(request);
      return { ...answer, objects: answer.objects.map(({ preview_secret: _, ...object }) => object) };
    },
    identity: () => reader.identity(),
    requestsSent: () => reader.requestsSent(),
  });
  const named = async (migration: Migration) =>
    (await migration.plan({ through: hidden })).not_migrated.filter(({ address }) => address === ID);
  const without = orgs.migration();
  await migrate(without);
  expect(await named(without)).toHaveLength(1);
  const adopting = orgs.migration();
  await migrate(adopting);
  expect(await named(adopting)).toEqual([]);
  const giving = orgs.migration(YAML, { env: { PROD_KEY: 'sk-prod-abcdefghij' }, store: without.store });
  await migrate(giving);
  expect(await named(giving)).toEqual([]);
});

test('another value is exactly one update, and the same one is none', async () => {
  const store = orgs.migration(YAML, { env: { PROD_KEY: 'sk-prod-abcdefghij' } });
  await migrate(store);
  const rotated = orgs.migration(YAML, { env: { PROD_KEY: 'sk-prod-rotated-xyz' }, store: store.store });
  const { plan } = await migrate(rotated);
  expect(pending(plan)).toEqual([`update:${ID}`]);
  expect(action(plan, `update:${ID}`).reason).toBe('secret_changed');
  expect(changes(action(plan, `update:${ID}`))).toEqual({ secret: [undefined, { $secret: 'PROD_KEY' }] });
  expect(await preview()).toBe('sk-********xyz');
  expect(pending(await rotated.plan())).toEqual([]);
});

test('a value that is unset at plan may be set at apply', async () => {
  const planning = orgs.migration(YAML);
  const plan = await planning.plan();
  const applying = orgs.migration(YAML, { env: { PROD_KEY: 'sk-prod-abcdefghij' }, store: planning.store });
  const run = await applying.apply(plan);
  expect(run.summary).toMatchObject({ created: 1, failed: 0 });
  expect(await preview()).toBe('sk-********hij');
  expect(pending(await applying.plan())).toEqual([]);
});

test('a value that is unset at apply stops everything before the first write', async () => {
  await orgs.project();
  const migration = orgs.migration(YAML);
  const plan = await migration.plan();
  orgs.emulator.requests.clear();
  await expect(migration.apply(plan)).rejects.toMatchObject({
    code: 'BTM_SECRET_UNSET',
    exitCode: 6,
    detail: expect.stringContaining('$PROD_KEY'),
  });
  expect(orgs.writesSent()).toEqual([]);
});

test('an adopted key gets the value that the operator names, in the same plan', async () => {
  await orgs.destination.object('POST', '/v1/ai_secret', { name: 'OPENAI', type: 'openai', secret: 'sk-unknown-000' });
  const migration = orgs.migration(YAML, { env: { PROD_KEY: 'sk-prod-abcdefghij' } });
  const { plan } = await migrate(migration);
  expect(pending(plan)).toEqual([`update:${ID}`]);
  expect(await preview()).toBe('sk-********hij');
  expect(pending(await migration.plan())).toEqual([]);
});

test('a value that was not written is not remembered as written', async () => {
  const without = orgs.migration();
  await migrate(without);
  const planning = orgs.migration(YAML, { store: without.store });
  const [{ id }] = (await orgs.source.list('/v1/ai_secret')) as [{ id: string }];
  await orgs.source.object('PATCH', `/v1/ai_secret/${id}`, { metadata: { endpoint: 'https://llm.acme.example' } });
  const plan = await planning.plan();
  const applying = orgs.migration(YAML, { env: { PROD_KEY: 'sk-prod-abcdefghij' }, store: without.store });
  await applying.apply(plan);
  expect(await preview()).toBe(null);
  const { plan: next } = await migrate(applying);
  expect(pending(next)).toEqual([`update:${ID}`]);
  expect(await preview()).toBe('sk-********hij');
});

test('a variable of a project and one of a function take their values too', async () => {
  const project = await orgs.project();
  const tool = await orgs.source.object('POST', '/v1/function', {
    project_id: project.id,
    name: 'Tool',
    slug: 'tool',
    function_type: 'tool',
    function_data: { type: 'prompt' },
  });
  for (const [object_type, object_id] of [
    ['project', project.id],
    ['function', tool.id],
  ])
    await orgs.source.object('POST', '/v1/env_var', { object_type, object_id, name: 'TOKEN', value: 'dev-0123456789' });
  const yaml = `secrets:
  'env_var.project."Support bot".TOKEN': "$\{P}"
  'env_var.function."Support bot".tool.TOKEN': "$\{F}"`;
  const migration = orgs.migration(yaml, { env: { P: 'project-0001', F: 'function-002' } });
  await migrate(migration);
  const posts = orgs.emulator.requests.matching('POST', '/v1/env_var').slice(-2);
  for (const { body } of posts) expect(JSON.parse(body ?? '')).not.toHaveProperty('secret_category');
  const previews = (await orgs.destination.list('/v1/env_var')).map((one) => [one.object_type, one.preview_secret]);
  expect(Object.fromEntries(previews)).toEqual({ project: 'pro********001', function: 'fun********002' });
  expect(pending(await migration.plan())).toEqual([]);
});

test('the address of a webhook is copied, and stands in no plan, state or event', async () => {
  const project = await orgs.project();
  const config = (url: string) => ({
    event_type: 'logs',
    btql_filter: 'scores.x < 1',
    interval_seconds: 60,
    action: { type: 'webhook', url },
  });
  const alert = await orgs.source.object('POST', '/v1/project_automation', {
    project_id: project.id,
    name: 'Alert',
    config: config('https://hooks.acme.example/T0/first-secret'),
  });
  const migration = orgs.migration();
  const first = await migrate(migration);
  expect(await orgs.found('destination', '/v1/project_automation', 'Alert')).toMatchObject({
    config: { action: { url: 'https://hooks.acme.example/T0/first-secret' } },
  });
  await orgs.source.object('PATCH', `/v1/project_automation/${alert.id}`, {
    config: config('https://hooks.acme.example/T0/second-secret'),
  });
  const second = await migrate(migration);
  expect(pending(second.plan)).toEqual(['update:project_automation."Support bot".Alert']);
  expect(await orgs.found('destination', '/v1/project_automation', 'Alert')).toMatchObject({
    config: { action: { url: 'https://hooks.acme.example/T0/second-secret' } },
  });
  const seen = [first, second, migration.events, await migration.store.exportDocument()];
  expect(JSON.stringify(seen)).not.toMatch(/first-secret|second-secret/);
  expect(JSON.stringify(second.plan)).toContain('"$from_source":"config.action.url"');
});

test('an override takes the place of what the source holds, in plan and destination, and of a webhook without showing it', async () => {
  const project = await orgs.project();
  await orgs.source.object('POST', '/v1/span_iframe', {
    project_id: project.id,
    name: 'Trace',
    url: 'https://dev.acme.example/{{id}}',
  });
  await orgs.source.object('POST', '/v1/project_automation', {
    project_id: project.id,
    name: 'Alert',
    config: {
      event_type: 'logs',
      btql_filter: 'scores.x < 1',
      interval_seconds: 60,
      action: { type: 'webhook', url: 'https://hooks.acme.example/dev' },
    },
  });
  const migration = orgs.migration(`overrides:
  - { at: 'span_iframe.*.*', set: { url: "https://trace.example.com/{{id}}" } }
  - { at: 'project_automation.*.Alert', set: { "config.action.url": "https://hooks.acme.example/prod" } }`);
  const { plan } = await migrate(migration);
  expect(await orgs.found('destination', '/v1/span_iframe', 'Trace')).toMatchObject({
    url: 'https://trace.example.com/{{id}}',
  });
  expect(await orgs.found('destination', '/v1/project_automation', 'Alert')).toMatchObject({
    config: { interval_seconds: 60, action: { type: 'webhook', url: 'https://hooks.acme.example/prod' } },
  });
  expect(JSON.stringify(plan)).not.toContain('hooks.acme.example');
  expect(pending(await migration.plan())).toEqual([]);
});
