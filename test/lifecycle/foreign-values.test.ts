import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Shown } from '../support/emulator-client.ts';
import { action, blocks, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project();
});
afterEach(() => orgs.close());

const makeFunction = (slug: string, function_data: unknown, function_type = 'task') =>
  orgs.source.object('POST', '/v1/function', {
    project_id: project.id,
    name: slug,
    slug,
    function_type,
    function_data,
  });

const INLINE = {
  type: 'code',
  data: { type: 'inline', runtime_context: { runtime: 'node', version: '20' }, code: 'const handler = () => 1;' },
};

const graphOf = (call: unknown) => ({
  type: 'graph',
  nodes: { step: { type: 'function', function: call } },
  edges: {},
});

const PARAMETERS = { type: 'parameters', data: { tone: 'kind' }, __schema: { type: 'object', properties: {} } };

test('a graph that names a function by its project follows the project to its new name', async () => {
  await makeFunction('look-up-order', INLINE, 'tool');
  await makeFunction('answer', graphOf({ project_name: 'Support bot', slug: 'look-up-order' }));
  const migration = orgs.migration('projects: { rename: { "Support bot": "Support bot (prod)" } }');
  await migrate(migration);
  expect(await orgs.found('destination', '/v1/function', 'answer')).toMatchObject({
    function_data: graphOf({ project_name: 'Support bot (prod)', slug: 'look-up-order' }),
  });
  expect(pending(await migration.plan())).toEqual([]);
});

test('the tools of a prompt that stands inside a graph are those of the destination', async () => {
  const tool = await makeFunction('look-up-order', INLINE, 'tool');
  const inline = (id: unknown) =>
    graphOf({ inline_prompt: chat('Sort it.', { tool_functions: [{ type: 'function', id }] }) });
  await makeFunction('answer', inline(tool.id));
  const migration = orgs.migration();
  await migrate(migration);
  const there = await orgs.found('destination', '/v1/function', 'look-up-order');
  expect(await orgs.found('destination', '/v1/function', 'answer')).toMatchObject({ function_data: inline(there.id) });
  expect(pending(await migration.plan())).toEqual([]);
});

test('a graph that calls into a playground is blocked, because no API lists playgrounds', async () => {
  await makeFunction(
    'answer',
    graphOf({
      prompt_session_id: '5f0c3a4e-9f0a-4f5c-8b1d-2f3c4d5e6f70',
      prompt_session_function_id: '6f0c3a4e-9f0a-4f5c-8b1d-2f3c4d5e6f71',
    }),
  );
  expect(blocks(await orgs.migration().plan())).toEqual(['function."Support bot".answer (missing_reference)']);
});

test('versions and learned blobs of the source stay behind, and the plan says so', async () => {
  const { _xact_id: parameters_version } = await makeFunction('tone', PARAMETERS, 'parameters');
  const remote = { type: 'remote_eval', endpoint: 'https://evals.acme.example', eval_name: 'tone', parameters: {} };
  await makeFunction('remote-tone', { ...remote, parameters_version });
  const map = { type: 'topic_map', source_facet: 'Topic', embedding_model: 'text-embedding-3-small' };
  await makeFunction('topics', { ...map, bundle_key: 'b-1', report_key: 'r-1' }, 'classifier');
  await orgs.source.object('POST', '/v1/view', {
    object_type: 'project',
    object_id: project.id,
    view_type: 'logs',
    name: 'Topics',
    options: { viewType: 'table', options: { rowHeight: 'tall', topicMapReportKey: 'r-1' } },
  });
  const migration = orgs.migration();
  const { plan } = await migrate(migration);
  const losses = plan.not_migrated.filter(({ path }) => path !== undefined);
  expect(losses.map(({ address, path, reason }) => `${address} ${path} (${reason})`)).toEqual([
    'function."Support bot".remote-tone function_data.parameters_version (pin_dropped)',
    'function."Support bot".topics function_data.bundle_key (server_owned)',
    'function."Support bot".topics function_data.report_key (server_owned)',
    'view.project."Support bot".logs.Topics options.options.topicMapReportKey (server_owned)',
  ]);
  expect((await orgs.found('destination', '/v1/function', 'remote-tone')).function_data).toEqual(remote);
  expect((await orgs.found('destination', '/v1/function', 'topics')).function_data).toEqual(map);
  expect(pending(await migration.plan())).toEqual([]);
});

test('what names a Slack channel arrives, and stands in no plan', async () => {
  const slack = { type: 'slack', workspace_id: 'T024ACME', channel: 'C0SUPPORT' };
  await orgs.source.object('POST', '/v1/project_automation', {
    project_id: project.id,
    name: 'Angry customers',
    config: { event_type: 'logs', btql_filter: 'scores.tone < 0.2', interval_seconds: 60, action: slack },
  });
  const migration = orgs.migration();
  const { plan } = await migrate(migration);
  expect(action(plan, 'create:project_automation."Support bot"."Angry customers"').after).toMatchObject({
    config: { action: { type: 'slack', channel: { $from_source: 'config.action.channel' } } },
  });
  expect(JSON.stringify(plan)).not.toMatch(/T024ACME|C0SUPPORT/);
  const made = await orgs.found('destination', '/v1/project_automation', 'Angry customers');
  expect(made).toMatchObject({ config: { action: slack } });
});
