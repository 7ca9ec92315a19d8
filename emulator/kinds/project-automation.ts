import { randomUUID } from 'node:crypto';
import type { Fields } from '../store/object-table.ts';
import { isRecord } from '../verbs/check-body.ts';
import { invalid } from '../verbs/refusals.ts';
import { ALL_VERBS, type KindDefinition, NAME, TEXT } from './kind-definition.ts';

/** Required keys of `config` per event type (specification, ProjectAutomation). */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  logs: ['btql_filter', 'interval_seconds', 'action'],
  btql_export: ['export_definition', 'export_path', 'format', 'interval_seconds', 'credentials'],
  async_query: ['created_by_user_id', 'object_type', 'object_id', 'query', 'format'],
  retention: ['object_type', 'retention_days'],
  environment_update: ['action'],
  topic: ['sampling_rate', 'facet_functions', 'topic_map_functions'],
  topic_digest: ['scheduled_time_minutes_utc', 'action'],
  windowed: [],
};

export const PROJECT_AUTOMATION: KindDefinition = {
  kind: 'project_automation',
  path: '/v1/project_automation',
  verbs: ALL_VERBS,
  owner: 'project',
  fields: { name: NAME, description: TEXT, config: { type: 'object', required: true } },
  shape: ['id', 'project_id', 'user_id', 'created', 'name', 'description', 'config'],
  uniqueBy: ['name'],
  deletes: 'hard',
  filters: { project_automation_name: 'name' },
  check: checkConfig,
  settle: ({ fields }) => ({ ...fields, config: withExternalId(fields.config) }),
  server: (_draft, { user }) => ({ user_id: user.id }),
};

function checkConfig({ config }: Fields): void {
  if (!isRecord(config)) return;
  const type = String(config.event_type);
  const required = REQUIRED[type];
  if (required === undefined) {
    const expected = Object.keys(REQUIRED).map((name) => `'${name}'`);
    throw invalid({
      code: 'invalid_union_discriminator',
      message: `Invalid discriminator value. Expected ${expected.join(' | ')}`,
      path: ['config', 'event_type'],
    });
  }
  const missing = required.find((key) => config[key] === undefined);
  if (missing === undefined) return;
  throw invalid({
    code: 'invalid_type',
    expected: 'any',
    received: 'undefined',
    message: 'Required',
    path: ['config', missing],
  });
}

/** The service makes up an external id for each AWS export (fact sheet 3.1). */
function withExternalId(config: unknown): unknown {
  if (!isRecord(config) || !isRecord(config.credentials) || config.credentials.type !== 'aws_iam') return config;
  return { ...config, credentials: { ...config.credentials, external_id: randomUUID() } };
}
