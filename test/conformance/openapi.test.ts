import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXCHANGE_CHANNEL, type Exchange } from '../../emulator/http/exchange.ts';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { clientOf, type EmulatorClient, type Shown } from '../support/emulator-client.ts';
import { loadResponseChecker } from '../support/openapi-responses.ts';

const checker = loadResponseChecker();

/** Operations that the emulator does not serve: they run models or code. */
const NOT_SERVED = /^POST \/v1\/(proxy|eval|function\/\{\}\/invoke)/;

/** How each kind of the demo org is listed, and what a harmless PATCH is. */
const LISTS: Readonly<Record<string, Readonly<Record<string, unknown>> | null>> = {
  '/v1/project': { description: 'changed' },
  '/v1/experiment': { description: 'changed' },
  '/v1/dataset': { description: 'changed' },
  '/v1/prompt': { description: 'changed' },
  '/v1/function': { description: 'changed' },
  '/v1/role': { description: 'changed' },
  '/v1/group': { description: 'changed' },
  '/v1/agent': { description: 'changed' },
  '/v1/project_automation': { description: 'changed' },
  '/v1/project_score': { description: 'changed' },
  '/v1/project_tag': { description: 'changed' },
  '/v1/span_iframe': { description: 'changed' },
  '/v1/organization': { image_rendering_mode: 'auto' },
  '/v1/ai_secret': { type: 'changed' },
  '/v1/mcp_server': { description: 'changed' },
  '/v1/dataset_snapshot': { description: 'changed' },
  '/environment': { description: 'changed' },
  '/v1/env_var': null,
  '/v1/user': null,
  '/v1/api_key': null,
};

describe.skipIf(checker === null)('answers of the emulator against the official OpenAPI file', () => {
  let emulator: Emulator;
  let client: EmulatorClient;
  const seen = new Set<string>();
  const findings = new Set<string>();

  function examine(message: unknown): void {
    const exchange = message as Exchange;
    const operation = checker?.operationOf(exchange);
    if (typeof operation === 'string' && exchange.status === 200) seen.add(operation);
    for (const finding of checker?.findings(exchange) ?? []) findings.add(finding);
  }

  beforeAll(async () => {
    subscribe(EXCHANGE_CHANNEL, examine);
    emulator = await startEmulator({ seed: 'demo', orgs: [{ name: 'Acme Dev', key: 'sk-acme-dev' }] });
    client = clientOf(emulator);
  });
  afterAll(async () => {
    await emulator.close();
    unsubscribe(EXCHANGE_CHANNEL, examine);
  });

  test.each(Object.entries(LISTS))('%s: list, get and patch fit their schemas', async (path, change) => {
    const objects = await client.list(path);
    expect(objects.length).toBeGreaterThan(0);
    for (const { id } of objects) await client.object('GET', `${path}/${id}`);
    const own = objects.find((object) => object.org_id !== null);
    if (change !== null && own !== undefined) await client.object('PATCH', `${path}/${own.id}`, change);
    expect([...findings]).toEqual([]);
  });

  test.each([
    ['kinds below a project', exerciseOwned],
    ['roles, groups, permissions and views', exerciseAccess],
    ['rows', exerciseRows],
    ['secrets, members and keys', exerciseCredentials],
  ])('%s: every write fits its schema', async (_name, exercise) => {
    const [project] = await client.list('/v1/project?project_name=Support%20bot');
    await exercise(client, project?.id ?? '');
    expect([...findings]).toEqual([]);
  });

  test('every operation of the file has been exercised or is known to be out of scope', () => {
    const missing = (checker?.operations() ?? []).filter(
      (operation) => !seen.has(operation) && !NOT_SERVED.test(operation),
    );
    expect(missing).toEqual([]);
  });
});

/** Creates, replaces and deletes one object of each kind below a project. */
async function exerciseOwned(client: EmulatorClient, project_id: string): Promise<void> {
  const bodies: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    experiment: { name: 'Short lived' },
    dataset: { name: 'Short lived' },
    prompt: { name: 'Short lived', slug: 'short-lived-prompt' },
    function: { name: 'Short lived', slug: 'short-lived', function_data: { type: 'prompt' } },
    agent: { name: 'Short lived' },
    project_automation: {
      name: 'Short lived',
      config: { event_type: 'retention', object_type: 'dataset', retention_days: 1 },
    },
    project_score: { name: 'Short lived', score_type: 'slider' },
    project_tag: { name: 'Short lived' },
    span_iframe: { name: 'Short lived', url: 'https://acme.example' },
    mcp_server: { name: 'Short lived', url: 'https://acme.example' },
  };
  for (const [kind, body] of Object.entries(bodies)) {
    const object = await client.object('POST', `/v1/${kind}`, { project_id, ...body });
    if (kind !== 'experiment' && kind !== 'dataset') await client.object('PUT', `/v1/${kind}`, { project_id, ...body });
    await client.object('DELETE', `/v1/${kind}/${object.id}`);
  }
  const dataset = await client.object('POST', '/v1/dataset', { project_id, name: 'Snapped' });
  const snapshot = { dataset_id: dataset.id, name: 'Now', xact_id: '1000196129554423269' };
  const { id } = await client.object('POST', '/v1/dataset_snapshot', snapshot);
  await client.object('PUT', '/v1/dataset_snapshot', snapshot);
  await client.object('DELETE', `/v1/dataset_snapshot/${id}`);
  const shortLived = await client.object('POST', '/v1/project', { name: 'Short lived' });
  await client.object('DELETE', `/v1/project/${shortLived.id}`);
}

async function exerciseAccess(client: EmulatorClient, project_id: string): Promise<void> {
  for (const kind of ['role', 'group']) {
    const object = await client.object('POST', `/v1/${kind}`, { name: 'Short lived' });
    await client.object('PUT', `/v1/${kind}`, { name: 'Short lived' });
    await client.object('DELETE', `/v1/${kind}/${object.id}`);
  }
  const [user] = await client.list('/v1/user');
  const grant = { object_type: 'project', object_id: project_id, user_id: user?.id, permission: 'read' };
  const acl = await client.object('POST', '/v1/acl', grant);
  await client.object('GET', `/v1/acl/${acl.id}`);
  await client.list(`/v1/acl?object_type=project&object_id=${project_id}`);
  await client.list('/v1/acl/list_org');
  await client.object('DELETE', `/v1/acl/${acl.id}`);
  await client.object('POST', '/v1/acl/batch_update', { add_acls: [grant] });
  await client.object('DELETE', '/v1/acl', grant);
  const owner = { object_type: 'project', object_id: project_id };
  const body = { ...owner, view_type: 'logs', name: 'Short lived' };
  const view = await client.object('POST', '/v1/view', body);
  await client.object('PUT', '/v1/view', body);
  await client.list(`/v1/view?object_type=project&object_id=${project_id}`);
  await client.object('GET', `/v1/view/${view.id}?object_type=project&object_id=${project_id}`);
  await client.object('PATCH', `/v1/view/${view.id}`, { ...owner, options: { layout: 'grid' } });
  await client.object('DELETE', `/v1/view/${view.id}`, owner);
}

async function exerciseRows(client: EmulatorClient, project_id: string): Promise<void> {
  const [experiment] = await client.list('/v1/experiment?experiment_name=Tone%202');
  const [dataset] = await client.list('/v1/dataset?dataset_name=Golden%20questions');
  const containers = [
    ['project_logs', project_id],
    ['experiment', experiment?.id],
    ['dataset', dataset?.id],
  ];
  for (const [type, id] of containers) {
    await client.object('POST', `/v1/${type}/${id}/insert`, { events: [{ id: 'one', input: 1 }] });
    await client.object('POST', `/v1/${type}/${id}/feedback`, { feedback: [{ id: 'one', comment: 'Seen' }] });
    await client.object('POST', `/v1/${type}/${id}/fetch`, { limit: 5 });
    await client.object('GET', `/v1/${type}/${id}/fetch?limit=5`);
    if (type !== 'project_logs')
      await client.object('GET', `/v1/${type}/${id}/summarize?summarize_scores=true&summarize_data=true`);
  }
  await client.object('POST', '/v1/insert', { project_logs: { [project_id]: { events: [{ id: 'two' }] } } });
}

async function exerciseCredentials(client: EmulatorClient): Promise<void> {
  const secret: Shown = await client.object('POST', '/v1/ai_secret', {
    name: 'SHORT_LIVED',
    secret: 'sk-0123456789abcdef',
  });
  await client.object('PUT', '/v1/ai_secret', { name: 'SHORT_LIVED' });
  await client.object('DELETE', `/v1/ai_secret/${secret.id}`);
  await client.object('POST', '/v1/ai_secret', { name: 'SHORT_LIVED' });
  await client.object('DELETE', '/v1/ai_secret', { name: 'SHORT_LIVED' });
  const [org] = await client.list('/v1/organization');
  const variable = { object_type: 'organization', object_id: org?.id, name: 'SHORT_LIVED', value: 'x' };
  const { id } = await client.object('POST', '/v1/env_var', variable);
  await client.object('PUT', '/v1/env_var', variable);
  await client.object('PATCH', `/v1/env_var/${id}`, { name: 'SHORT_LIVED', value: 'y' });
  await client.object('DELETE', `/v1/env_var/${id}`);
  const environment = await client.object('POST', '/environment', { name: 'Short lived', slug: 'short' });
  await client.object('DELETE', `/environment/${environment.id}`);
  const members = await client.object('PATCH', '/v1/organization/members', {
    invite_users: { emails: ['cleo@acme.example'], service_accounts: [{ name: 'robot', token_name: 'first' }] },
  });
  await exerciseServiceTokens(client, members.added_users as { id: string; api_key?: string }[]);
  const key = await client.object('POST', '/v1/api_key', { name: 'short lived' });
  await client.object('DELETE', `/v1/api_key/${key.id}`);
  expect((await client.call('GET', '/v1')).text).toBe('Hello, World!');
}

/** Only a service token may make others. */
async function exerciseServiceTokens(
  client: EmulatorClient,
  added: readonly { id: string; api_key?: string }[],
): Promise<void> {
  const robot = added.find((user) => typeof user.api_key === 'string');
  const bearer = { authorization: `Bearer ${robot?.api_key}` };
  const body = { name: 'second', service_account_id: robot?.id };
  const created = (await client.call('POST', '/v1/service_token', body, bearer)).body as Shown;
  expect((await client.call('POST', '/v1/service_token', body)).status).toBe(403);
  await client.list('/v1/service_token');
  await client.object('GET', `/v1/service_token/${created.id}`);
  await client.object('DELETE', `/v1/service_token/${created.id}`);
  const again = (await client.call('PUT', '/v1/service_token', body, bearer)).body as Shown;
  await client.object('DELETE', '/v1/service_token', { id: again.id });
}
