/** Every kind of configuration object that is migrated, in the order a reader expects to see them in a plan. */
export const RESOURCE_KINDS = [
  'user',
  'ai_secret',
  'role',
  'group',
  'environment',
  'project',
  'mcp_server',
  'project_tag',
  'span_iframe',
  'agent',
  'dataset',
  'function',
  'prompt',
  'env_var',
  'project_score',
  'experiment',
  'dataset_snapshot',
  'environment_object',
  'view',
  'project_automation',
  'acl',
] as const;

export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** Streams of rows, each owned by one container. */
export const STREAM_KINDS = ['dataset_rows', 'experiment_rows', 'logs'] as const;
export type StreamKind = (typeof STREAM_KINDS)[number];

export function isStreamKind(text: string): text is StreamKind {
  return (STREAM_KINDS as readonly string[]).includes(text);
}

/** The stream of rows that an object of this kind owns. */
export const STREAM_OF: Readonly<Partial<Record<ResourceKind, StreamKind>>> = {
  dataset: 'dataset_rows',
  experiment: 'experiment_rows',
  project: 'logs',
};

/** What rows refer to by id (fact sheet 3.2). Copies run after all of these that a plan makes, so that no id is missing. */
export const ROW_REFERENCE_KINDS = ['user', 'project', 'dataset', 'function', 'prompt', 'experiment'] as const;

/** Prompts and functions share a table, and rows are not particular about which of them they name. */
const SAME_TABLE: Readonly<Partial<Record<string, readonly ResourceKind[]>>> = {
  prompt: ['prompt', 'function'],
  function: ['function', 'prompt'],
};

/** The kinds of objects that a reference of a row may mean, the likeliest first; none for a type that leads nowhere. */
export function kindsOfRowReference(type: string): readonly ResourceKind[] {
  return SAME_TABLE[type] ?? ROW_REFERENCE_KINDS.filter((kind) => kind === type);
}

/** `organization` is only ever referred to: it is neither created nor changed. */
export type AddressKind = ResourceKind | StreamKind | 'organization';

/** The plural names that a spec selects by, as the API spells them. */
export const RESOURCE_NAMES: Readonly<Record<string, ResourceKind | StreamKind>> = {
  users: 'user',
  ai_secrets: 'ai_secret',
  roles: 'role',
  groups: 'group',
  environments: 'environment',
  projects: 'project',
  mcp_servers: 'mcp_server',
  project_tags: 'project_tag',
  span_iframes: 'span_iframe',
  agents: 'agent',
  datasets: 'dataset',
  functions: 'function',
  prompts: 'prompt',
  env_vars: 'env_var',
  project_scores: 'project_score',
  experiments: 'experiment',
  dataset_snapshots: 'dataset_snapshot',
  environment_objects: 'environment_object',
  views: 'view',
  project_automations: 'project_automation',
  acls: 'acl',
  dataset_rows: 'dataset_rows',
  experiment_rows: 'experiment_rows',
  logs: 'logs',
};

export function isResourceKind(text: string): text is ResourceKind {
  return (RESOURCE_KINDS as readonly string[]).includes(text);
}
