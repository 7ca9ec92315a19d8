import type { Org } from '../tenancy.ts';
import type { LocalClient } from './local-client.ts';

/** Ids that later parts of the demo point at. */
export interface SharedParts {
  readonly supportBot: string;
  readonly sharedTools: string;
  readonly ticketDesk: string;
  readonly reviewerRole: string;
  readonly leadRole: string;
  readonly annotators: string;
  readonly supportTeam: string;
}

/** What belongs to the org as a whole, and the projects. */
export async function seedShared(
  client: LocalClient,
  org: Org,
  users: { ann: string; ben: string },
): Promise<SharedParts> {
  await client.post('/environment', { name: 'Staging', slug: 'staging', description: 'What the team tries out' });
  await client.post('/environment', { name: 'Production', slug: 'production' });
  await seedSecrets(client, org);
  const { leadRole, reviewerRole } = await seedRoles(client);
  const annotators = await client.post('/v1/group', {
    name: 'Annotators',
    description: 'Review answers by hand',
    member_users: [users.ben],
  });
  const supportTeam = await client.post('/v1/group', {
    name: 'Support team',
    member_users: [users.ann],
    member_groups: [annotators.id],
  });
  const sharedTools = await client.post('/v1/project', { name: 'Shared tools', description: 'Tools of all bots' });
  const supportBot = await client.post('/v1/project', {
    name: 'Support bot',
    description: 'Answers customers of Acme',
  });
  await client.post('/v1/project', { name: 'Sandbox' });
  await client.post('/v1/env_var', {
    object_type: 'project',
    object_id: supportBot.id,
    name: 'ORDER_API_TOKEN',
    value: 'order-api-token-1f4c9a72',
    metadata: { rotated: '2026-01-15' },
  });
  const ticketDesk = await client.post('/v1/mcp_server', {
    project_id: supportBot.id,
    name: 'Ticket desk',
    url: 'https://tickets.acme.example/mcp',
    description: 'Opens and closes tickets',
  });
  return {
    supportBot: supportBot.id,
    sharedTools: sharedTools.id,
    ticketDesk: ticketDesk.id,
    reviewerRole,
    leadRole,
    annotators: annotators.id,
    supportTeam: supportTeam.id,
  };
}

/** One secret with a value and one that was never given any. */
async function seedSecrets(client: LocalClient, org: Org): Promise<void> {
  await client.post('/v1/ai_secret', {
    name: 'OPENAI_API_KEY',
    type: 'openai',
    secret: 'sk-demo-openai-5d41402abc4b2a76',
    metadata: { supportsStreaming: true },
  });
  await client.post('/v1/ai_secret', {
    name: 'ACME_MODELS',
    type: 'custom',
    metadata: { endpoint: 'https://models.acme.example/v1', models: ['acme-small', 'acme-large'] },
  });
  await client.post('/v1/env_var', {
    object_type: 'organization',
    object_id: org.id,
    name: 'SUPPORT_REGION',
    value: 'eu-central-region-1',
  });
}

async function seedRoles(client: LocalClient): Promise<{ reviewerRole: string; leadRole: string }> {
  const reviewer = await client.post('/v1/role', {
    name: 'Support reviewer',
    description: 'Reads everything, annotates datasets',
    member_permissions: [
      { permission: 'read', restrict_object_type: null },
      { permission: 'update', restrict_object_type: 'dataset' },
    ],
  });
  const lead = await client.post('/v1/role', {
    name: 'Support lead',
    description: 'A reviewer who also decides who reviews',
    member_permissions: [{ permission: 'update_acls', restrict_object_type: null }],
    member_roles: [reviewer.id],
  });
  return { reviewerRole: reviewer.id, leadRole: lead.id };
}
