import type { Org } from '../tenancy.ts';
import type { FunctionParts } from './demo-functions.ts';
import type { ProjectParts } from './demo-project-parts.ts';
import type { SharedParts } from './demo-shared.ts';
import type { LocalClient } from './local-client.ts';

/** Permissions on objects of every sort, and views of every owner. */
export async function seedAccess(
  client: LocalClient,
  org: Org,
  shared: SharedParts,
  functions: FunctionParts,
  parts: ProjectParts,
  users: { ann: string; ben: string },
): Promise<void> {
  const grants: readonly (readonly [type: string, id: string, grant: Readonly<Record<string, unknown>>])[] = [
    ['organization', org.id, { group_id: shared.supportTeam, role_id: shared.reviewerRole }],
    ['org_project', org.id, { group_id: shared.annotators, permission: 'read' }],
    ['project', shared.supportBot, { user_id: users.ann, role_id: shared.leadRole }],
    [
      'project',
      shared.supportBot,
      { group_id: shared.annotators, permission: 'update', restrict_object_type: 'dataset' },
    ],
    ['project_log', shared.supportBot, { group_id: shared.annotators, permission: 'read' }],
    ['dataset', parts.goldenQuestions, { user_id: users.ben, permission: 'update' }],
    ['experiment', parts.toneTwo, { group_id: shared.annotators, permission: 'read' }],
    ['prompt', functions.triage, { group_id: shared.supportTeam, permission: 'update' }],
    ['group', shared.annotators, { user_id: users.ann, permission: 'update' }],
    ['role', shared.reviewerRole, { group_id: shared.supportTeam, permission: 'read' }],
  ];
  for (const [object_type, object_id, grant] of grants)
    await client.post('/v1/acl', { object_type, object_id, ...grant });
  await seedViews(client, org, shared, parts, users.ann);
}

async function seedViews(
  client: LocalClient,
  org: Org,
  shared: SharedParts,
  parts: ProjectParts,
  ann: string,
): Promise<void> {
  const view = (
    object_type: string,
    object_id: string,
    view_type: string,
    name: string,
    rest: Readonly<Record<string, unknown>>,
  ) => client.post('/v1/view', { object_type, object_id, view_type, name, ...rest });
  await view('project', shared.supportBot, 'logs', 'Refunds', {
    view_data: { search: { filter: [{ text: "tags includes 'refund'" }], sort: [] } },
    options: { columnVisibility: { metrics: false }, rowHeight: 'tall' },
    user_id: ann,
  });
  await view('project', shared.supportBot, 'monitor', 'Load', {
    options: {
      viewType: 'monitor',
      options: { spanType: 'range', rangeValue: '7d', projectId: shared.supportBot, type: 'project' },
    },
  });
  await view('dataset', parts.goldenQuestions, 'dataset', 'Unreviewed', {
    view_data: { search: { match: ['metadata.reviewed'] } },
  });
  await view('experiment', parts.toneTwo, 'experiment', 'By tone', {
    options: { grouping: 'metadata.tone', layout: 'grid' },
  });
  await view('organization', org.id, 'projects', 'Active', { view_data: { search: { sort: [{ field: 'created' }] } } });
}
