import type { EmulatorClient } from '../support/emulator-client.ts';
import { chat } from '../support/two-orgs.ts';

/** Bytes of a body above which rows are staged; the emulator is started with twice as many as its limit. */
export const DIRECT_BYTES = 32 * 1024;

/** The secret that the spec of the migration gives a value. */
export const SECRET_ADDRESS = 'ai_secret.OPENAI_API_KEY';

/** Fills an org with one or two of everything that can be migrated: the fewest objects that need every request. */
export async function fillSmallOrg(client: EmulatorClient, orgId: string): Promise<void> {
  const make = async (kind: string, body: object): Promise<string> =>
    (await client.object('POST', `/v1/${kind}`, body)).id;
  await client.object('PATCH', '/v1/organization/members', { invite_users: { emails: ['ann@acme.example'] } });
  const [ann] = await client.list('/v1/user?email=ann@acme.example');
  await client.object('POST', '/environment', { name: 'Production', slug: 'production' });
  await make('ai_secret', { name: 'OPENAI_API_KEY', type: 'openai', secret: 'sk-the-source-keeps-this' });
  const role = await make('role', {
    name: 'Reviewer',
    member_permissions: [{ permission: 'read', restrict_object_type: null }],
  });
  const group = await make('group', { name: 'Team', member_users: [ann?.id] });
  const project_id = await make('project', { name: 'Support bot' });
  await make('env_var', { object_type: 'project', object_id: project_id, name: 'TOKEN' });
  await make('project_tag', { project_id, name: 'refund', color: '#D9480F' });
  await make('span_iframe', { project_id, name: 'Conversation', url: 'https://desk.acme.example/{{id}}' });
  await make('mcp_server', { project_id, name: 'Ticket desk', url: 'https://tickets.acme.example/mcp' });
  await make('agent', { project_id, name: 'Night shift' });
  const tool = { function_type: 'tool', function_data: { type: 'prompt' }, prompt_data: chat('Look it up') };
  const lookUp = await make('function', { project_id, name: 'Look up', slug: 'look-up', ...tool });
  await make('function', {
    project_id,
    name: 'Settings',
    slug: 'settings',
    function_type: 'parameters',
    function_data: {
      type: 'parameters',
      data: { tone: 'kind' },
      __schema: { type: 'object', properties: { tone: { type: 'string' } } },
    },
  });
  const prompt = await client.object('POST', '/v1/prompt', {
    project_id,
    name: 'Triage',
    slug: 'triage',
    prompt_data: chat('Sort', { tool_functions: [{ type: 'function', id: lookUp }] }),
  });
  // Each calls the other, so one of them is written twice.
  await client.object('PATCH', `/v1/function/${lookUp}`, {
    prompt_data: { tool_functions: [{ type: 'function', id: prompt.id }] },
  });
  const [newest] = await client.list('/v1/prompt?slug=triage');
  const assigned = { object_version: newest?._xact_id };
  await client.object('PUT', `/environment-object/prompt/${prompt.id}/production`, assigned);
  const dataset_id = await make('dataset', { project_id, name: 'Golden' });
  const experiment_id = await make('experiment', { project_id, name: 'Tone', dataset_id });
  await make('project_score', { project_id, name: 'Helpfulness', score_type: 'slider' });
  const retention = { event_type: 'retention', object_type: 'project_logs', retention_days: 9 };
  await make('project_automation', { project_id, name: 'Keep', config: retention });
  for (const [object_type, object_id, view_type] of [
    ['project', project_id, 'logs'],
    ['dataset', dataset_id, 'dataset'],
    ['experiment', experiment_id, 'experiment'],
    ['organization', orgId, 'projects'],
  ])
    await make('view', { object_type, object_id, view_type, name: 'Mine' });
  const grant = { object_type: 'project', object_id: project_id };
  await make('acl', { ...grant, group_id: group, permission: 'update' });
  await make('acl', { ...grant, user_id: ann?.id, role_id: role });
  await make('project', { name: 'Handover' });
  await client.object('PATCH', `/v1/project/${project_id}`, { settings: { baseline_experiment_id: experiment_id } });
  await fillRows(client, { project_id, dataset_id, experiment_id, orgId, lookUp });
  const xact_id = await newestOf(client, dataset_id);
  await make('dataset_snapshot', { dataset_id, name: 'As reviewed', xact_id });
}

interface Containers {
  readonly project_id: string;
  readonly dataset_id: string;
  readonly experiment_id: string;
  readonly orgId: string;
  readonly lookUp: string;
}

async function fillRows(
  client: EmulatorClient,
  { project_id, dataset_id, experiment_id, orgId, lookUp }: Containers,
): Promise<void> {
  const key = await attach(client, orgId);
  const insert = (rows: readonly object[]): Promise<unknown> =>
    client.object('POST', '/logs3', { rows, api_version: 2 });
  const logs = { project_id, log_id: 'g' };
  const photo = { type: 'braintrust_attachment', key, filename: 'photo.txt', content_type: 'text/plain' };
  await insert([
    { ...logs, id: 'log-1', input: 'Where is my order?', scores: { Helpfulness: 0.5 } },
    { ...logs, id: 'log-2', input: photo, origin: { object_type: 'dataset', object_id: dataset_id, id: 'case-1' } },
    { ...logs, id: 'log-3', output: 'x'.repeat(DIRECT_BYTES + 4000) },
    { ...logs, id: 'log-4', metadata: { prompt: { id: lookUp, project_id } } },
  ]);
  await insert([
    { dataset_id, id: 'case-1', input: 'Refund?', expected: 'Yes' },
    { dataset_id, id: 'case-2', input: 'Late?', expected: 'No' },
  ]);
  await insert([{ experiment_id, id: 'span-1', input: 'Refund?', output: 'Yes', scores: { Helpfulness: 1 } }]);
}

async function attach(client: EmulatorClient, org_id: string): Promise<string> {
  const key = '5f0f1f63-3c0a-4f0e-9a51-0c7b6ad1a001';
  const about = { key, filename: 'photo.txt', content_type: 'text/plain', org_id };
  const { signedUrl, headers } = (await client.object('POST', '/attachment', about)) as unknown as {
    signedUrl: string;
    headers: Record<string, string>;
  };
  await fetch(signedUrl, { method: 'PUT', headers, body: 'A parcel, slightly dented.' });
  await client.object('POST', '/attachment/status', { key, org_id, status: { upload_status: 'done' } });
  return key;
}

async function newestOf(client: EmulatorClient, dataset: string): Promise<unknown> {
  const query = `select: id, _xact_id\nfrom: dataset('${dataset}') spans\nlimit: 1`;
  const answer = (await client.object('POST', '/btql', { query, fmt: 'json' })) as unknown as {
    data: { _xact_id: string }[];
  };
  return answer.data[0]?._xact_id;
}
