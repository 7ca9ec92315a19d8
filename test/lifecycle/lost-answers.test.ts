import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FaultRule } from '../../emulator/faults/fault-rule.ts';
import type { EmulatorClient, Shown } from '../support/emulator-client.ts';
import { chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start({ switches: { userIdsGlobal: false } });
  project = await orgs.project();
});
afterEach(() => orgs.close());

interface Case {
  /** Makes one object of the kind in the source. */
  readonly seed: () => Promise<unknown>;
  readonly create: { readonly method: string; readonly path: string };
  /** The copies in the destination. */
  readonly copies: (client: EmulatorClient) => Promise<readonly Shown[]>;
}

const inProject = (kind: string, body: object): Case => ({
  seed: () => orgs.source.object('POST', `/v1/${kind}`, { project_id: project.id, ...body }),
  create: { method: 'POST', path: `/v1/${kind}` },
  copies: (client) => client.list(`/v1/${kind}`),
});
const inOrg = (path: string, body: { name: string }): Case => ({
  seed: () => orgs.source.object('POST', path, body),
  create: { method: 'POST', path },
  copies: async (client) => (await client.list(path)).filter(({ name }) => name === body.name),
});
const idOf = async (client: EmulatorClient, path: string, slug: string): Promise<string> =>
  String((await client.list(path)).find((one) => one.slug === slug || one.name === slug)?.id);

const CASES: Readonly<Record<string, Case>> = {
  project: {
    seed: async () => undefined,
    create: { method: 'POST', path: '/v1/project' },
    copies: (client) => client.list('/v1/project'),
  },
  prompt: inProject('prompt', { name: 'P', slug: 'p', prompt_data: chat('P') }),
  function: inProject('function', {
    name: 'F',
    slug: 'f',
    function_type: 'tool',
    function_data: { type: 'prompt' },
  }),
  dataset: inProject('dataset', { name: 'D' }),
  experiment: inProject('experiment', { name: 'E' }),
  project_tag: inProject('project_tag', { name: 'T' }),
  project_score: inProject('project_score', { name: 'S', score_type: 'slider' }),
  span_iframe: inProject('span_iframe', { name: 'I', url: 'https://acme.example' }),
  mcp_server: inProject('mcp_server', { name: 'M', url: 'https://acme.example' }),
  agent: inProject('agent', { name: 'A' }),
  project_automation: inProject('project_automation', {
    name: 'Keep',
    config: { event_type: 'retention', object_type: 'project_logs', retention_days: 9 },
  }),
  role: inOrg('/v1/role', { name: 'Reviewer' }),
  group: inOrg('/v1/group', { name: 'Team' }),
  ai_secret: inOrg('/v1/ai_secret', { name: 'OPENAI' }),
  environment: {
    ...inOrg('/environment', { name: 'Production' }),
    seed: () => orgs.source.object('POST', '/environment', { name: 'Production', slug: 'production' }),
  },
  env_var: {
    seed: () =>
      orgs.source.object('POST', '/v1/env_var', { object_type: 'project', object_id: project.id, name: 'TOKEN' }),
    create: { method: 'POST', path: '/v1/env_var' },
    copies: (client) => client.list('/v1/env_var'),
  },
  view: {
    seed: () =>
      orgs.source.object('POST', '/v1/view', {
        object_type: 'project',
        object_id: project.id,
        view_type: 'logs',
        name: 'V',
      }),
    create: { method: 'POST', path: '/v1/view' },
    copies: async (client) =>
      client.list(`/v1/view?object_type=project&object_id=${await idOf(client, '/v1/project', 'Support bot')}`),
  },
  acl: {
    seed: async () => {
      const group_id = await idOf(orgs.source, '/v1/group', 'Viewers');
      const grant = { object_type: 'project', object_id: project.id, group_id, permission: 'update' };
      return orgs.source.object('POST', '/v1/acl', grant);
    },
    create: { method: 'POST', path: '/v1/acl' },
    copies: async (client) =>
      (await client.list('/v1/acl/list_org')).filter(({ permission }) => permission === 'update'),
  },
  environment_object: {
    seed: async () => {
      await orgs.source.object('POST', '/environment', { name: 'Production', slug: 'production' });
      const prompt = await orgs.source.object('POST', '/v1/prompt', { project_id: project.id, name: 'P', slug: 'p' });
      const version = { object_version: prompt._xact_id };
      await orgs.source.object('PUT', `/environment-object/prompt/${prompt.id}/production`, version);
    },
    create: { method: 'PUT', path: '/environment-object/*' },
    copies: async (client) => client.list(`/environment-object/prompt/${await idOf(client, '/v1/prompt', 'p')}`),
  },
  user: {
    seed: async () => {
      const invite_users = { emails: ['ann@acme.example'] };
      await orgs.source.object('PATCH', '/v1/organization/members', { invite_users });
      const [ann] = await orgs.source.list('/v1/user?email=ann@acme.example');
      await orgs.source.object('POST', '/v1/group', { name: 'Team', member_users: [ann?.id] });
    },
    create: { method: 'PATCH', path: '/v1/organization/members' },
    copies: (client) => client.list('/v1/user?email=ann@acme.example'),
  },
};

const FAULTS: Readonly<Record<string, FaultRule['action']>> = {
  'the connection breaks after a create took effect': { type: 'reset', when: 'after' },
  'the connection breaks before a create takes effect': { type: 'reset', when: 'before' },
  'the answer to a create is cut': { type: 'truncate', bytes: 20 },
  'the answer to a create is not JSON': { type: 'garbage' },
};

describe.each(Object.entries(FAULTS))('%s', (_name, fault) => {
  test.each(Object.keys(CASES))('there is exactly one %s afterwards', async (kind) => {
    const one = CASES[kind] as Case;
    await one.seed();
    const migration = orgs.migration('users: { invite: true }');
    const plan = await migration.plan();
    const [rule = ''] = orgs.emulator.faults.add({ match: one.create, times: 1, action: fault });
    const run = await migration.apply(plan);
    expect(orgs.emulator.faults.hits(rule)).toBe(1);
    expect(run.actions.filter(({ status }) => status === 'failed' || status === 'not_attempted')).toEqual([]);
    expect(await one.copies(orgs.destination)).toHaveLength(1);
    expect(pending(await migration.plan())).toEqual([]);
  });
});

test('a prompt whose answers keep getting lost has one version', async () => {
  const one = CASES.prompt as Case;
  await one.seed();
  orgs.emulator.faults.add({ match: one.create, times: 2, action: { type: 'reset', when: 'after' } });
  await migrate(orgs.migration());
  const [copy] = await one.copies(orgs.destination);
  const { objects } = orgs.emulator.dump();
  expect((objects.prompt_version ?? []).filter(({ ownerId }) => ownerId === copy?.id)).toHaveLength(1);
});

test('a name that somebody takes between the stale check and the create is reported, not taken over', async () => {
  const one = CASES.dataset as Case;
  await orgs.source.object('POST', '/v1/dataset', { project_id: project.id, name: 'D', description: 'Ours' });
  const migration = orgs.migration();
  const plan = await migration.plan();
  const [hold = ''] = orgs.emulator.faults.add({ match: one.create, times: 1, action: { type: 'hold' } });
  const applying = migration.apply(plan);
  await orgs.emulator.faults.held(hold);
  const project_id = await idOf(orgs.destination, '/v1/project', 'Support bot');
  await orgs.destination.object('POST', '/v1/dataset', { project_id, name: 'D', description: 'Mine' });
  orgs.emulator.faults.release();
  const run = await applying;
  expect(run.actions.find(({ id }) => id.startsWith('create:dataset.'))).toMatchObject({
    status: 'failed',
    error: { code: 'BTM_EXISTS_NOW' },
  });
  expect(await one.copies(orgs.destination)).toMatchObject([{ description: 'Mine' }]);
});
