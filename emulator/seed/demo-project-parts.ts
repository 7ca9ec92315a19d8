import type { FunctionParts } from './demo-functions.ts';
import type { SharedParts } from './demo-shared.ts';
import type { LocalClient } from './local-client.ts';

/** Ids that later parts of the demo point at. */
export interface ProjectParts {
  readonly goldenQuestions: string;
  readonly edgeCases: string;
  readonly orders: string;
  readonly toneTwo: string;
}

/** Datasets, experiments, scores, tags, frames, an agent, automations, and settings that point back at them. */
export async function seedProjectParts(
  client: LocalClient,
  shared: SharedParts,
  functions: FunctionParts,
  users: { ann: string },
): Promise<ProjectParts> {
  const { supportBot: project_id } = shared;
  for (const [name, color] of [
    ['refund', '#D9480F'],
    ['bug', '#C92A2A'],
    ['praise', '#2B8A3E'],
  ]) {
    await client.post('/v1/project_tag', { project_id, name, color });
  }
  await client.post('/v1/span_iframe', {
    project_id,
    name: 'Conversation',
    url: 'https://desk.acme.example/conversations/{{id}}',
    post_message: true,
  });
  await client.post('/v1/agent', {
    project_id,
    name: 'Support agent',
    description: 'Answers on its own at night',
    metadata: { hours: '22-06' },
  });
  const datasets = await seedDatasets(client, shared);
  const experiments = await seedExperiments(client, shared, functions, datasets.goldenQuestions);
  await seedScores(client, shared, functions, users.ann);
  await seedAutomations(client, project_id, functions);
  await client.patch(`/v1/project/${project_id}`, {
    settings: {
      comparison_key: 'input',
      baseline_experiment_id: experiments.toneOne,
      default_preprocessor: { type: 'function', id: functions.stripPii },
      spanFieldOrder: [{ object_type: 'project_logs', column_id: 'output', position: '0', layout: 'full' }],
      remote_eval_sources: [{ url: 'http://localhost:8300', name: 'Laptop', description: null }],
    },
  });
  return { ...datasets, toneTwo: experiments.toneTwo };
}

async function seedDatasets(client: LocalClient, { supportBot, sharedTools }: SharedParts) {
  const goldenQuestions = await client.post('/v1/dataset', {
    project_id: supportBot,
    name: 'Golden questions',
    description: 'Asked by customers, answered by the best of us',
    tags: ['core'],
    metadata: { owner: 'support', review: { every: 'month' } },
  });
  const edgeCases = await client.post('/v1/dataset', { project_id: supportBot, name: 'Edge cases' });
  const orders = await client.post('/v1/dataset', {
    project_id: sharedTools,
    name: 'Orders',
    metadata: { synthetic: true },
  });
  return { goldenQuestions: goldenQuestions.id, edgeCases: edgeCases.id, orders: orders.id };
}

/** A chain of bases that begins in another project. */
async function seedExperiments(client: LocalClient, shared: SharedParts, functions: FunctionParts, dataset_id: string) {
  const { supportBot: project_id, sharedTools } = shared;
  const models = await client.post('/v1/experiment', {
    project_id: sharedTools,
    name: 'Model comparison',
    tags: ['baseline'],
  });
  const baseline = await client.post('/v1/experiment', {
    project_id,
    name: 'Baseline',
    base_exp_id: models.id,
    dataset_id,
  });
  const toneOne = await client.post('/v1/experiment', {
    project_id,
    name: 'Tone 1',
    base_exp_id: baseline.id,
    dataset_id,
    repo_info: { commit: '4d1c9be0a1f2', branch: 'tone', dirty: false },
  });
  const toneTwo = await client.post('/v1/experiment', {
    project_id,
    name: 'Tone 2',
    description: 'Friendlier, two sentences at most',
    base_exp_id: toneOne.id,
    dataset_id,
    parameters_id: functions.settings,
    public: false,
    metadata: { model: 'gpt-5-mini', prompt: 'answer' },
    tags: ['core'],
  });
  return { toneOne: toneOne.id, toneTwo: toneTwo.id };
}

/** Every score type. `Bundle review` needs the code bundle. */
async function seedScores(
  client: LocalClient,
  shared: SharedParts,
  functions: FunctionParts,
  ann: string,
): Promise<void> {
  const { supportBot: project_id } = shared;
  const score = (name: string, score_type: string, rest: Readonly<Record<string, unknown>> = {}) =>
    client.post('/v1/project_score', { project_id, name, score_type, ...rest });
  await score('Helpfulness', 'slider', {
    description: 'Did it help?',
    config: { visibility: { users: [ann], groups: [shared.annotators] } },
  });
  await score('Resolution', 'categorical', {
    categories: [
      { name: 'solved', value: 1 },
      { name: 'open', value: 0 },
    ],
    config: { multi_select: false, destination: 'expected' },
  });
  await score('Remarks', 'free-form');
  await score('Quality', 'weighted', { categories: { Helpfulness: 0.7, Resolution: 0.3 } });
  await score('Worst', 'minimum', { categories: ['Helpfulness', 'Resolution'] });
  await score('Best', 'maximum', { categories: ['Helpfulness', 'Resolution'] });
  await score('Live review', 'online', {
    config: {
      online: {
        sampling_rate: 0.25,
        scorers: [
          { type: 'function', id: functions.politeness },
          { type: 'function', id: functions.refundPolicy },
          { type: 'global', name: 'Factuality', function_type: 'scorer' },
        ],
        btql_filter: "span_attributes.type = 'task'",
        apply_to_root_span: true,
      },
    },
  });
  await score('Bundle review', 'online', {
    config: {
      online: {
        sampling_rate: 1,
        scorers: [{ type: 'function', id: functions.resolutionCheck }],
        apply_to_root_span: true,
      },
    },
  });
}

/** One of each sort that a migration may move; the webhook is a secret in all but name. */
async function seedAutomations(client: LocalClient, project_id: string, functions: FunctionParts): Promise<void> {
  const automation = (name: string, config: Readonly<Record<string, unknown>>) =>
    client.post('/v1/project_automation', { project_id, name, config });
  await automation('Angry customers', {
    event_type: 'logs',
    btql_filter: 'scores.Politeness < 0.3',
    interval_seconds: 3600,
    action: { type: 'webhook', url: 'https://hooks.acme.example/T024/B7/c2VjcmV0' },
  });
  await automation('Keep for 90 days', { event_type: 'retention', object_type: 'project_logs', retention_days: 90 });
  await automation('Archive', {
    event_type: 'btql_export',
    export_definition: { type: 'log_traces' },
    export_path: 's3://acme-archive/support-bot',
    format: 'parquet',
    interval_seconds: 86_400,
    credentials: { type: 'aws_iam', role_arn: 'arn:aws:iam::123456789012:role/archive' },
  });
  await automation('Production changed', {
    event_type: 'environment_update',
    environment_filter: ['production'],
    action: { type: 'slack', workspace_id: 'T024ACME', channel: 'C0SUPPORT' },
  });
  await automation('What people ask', {
    event_type: 'topic',
    sampling_rate: 1,
    facet_functions: [{ type: 'function', id: functions.sentiment }],
    topic_map_functions: [{ function: { type: 'function', id: functions.topics } }],
  });
}
