import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, type EmulatorClient, type Shown } from '../../test/support/emulator-client.ts';
import { type Emulator, startEmulator } from '../start-emulator.ts';

describe('the demo org', () => {
  let emulator: Emulator;
  let client: EmulatorClient;

  beforeAll(async () => {
    const started = performance.now();
    emulator = await startEmulator({ seed: 'demo' });
    expect(performance.now() - started).toBeLessThan(1000);
    client = clientOf(emulator);
  });
  afterAll(async () => {
    await emulator.close();
  });

  const KINDS = [
    '/v1/project',
    '/v1/experiment',
    '/v1/dataset',
    '/v1/prompt',
    '/v1/function',
    '/v1/agent',
    '/v1/project_automation',
    '/v1/project_score',
    '/v1/project_tag',
    '/v1/span_iframe',
    '/v1/ai_secret',
    '/v1/env_var',
    '/v1/mcp_server',
    '/v1/dataset_snapshot',
    '/environment',
  ];

  test.each(KINDS)('has something in %s, and the other org has nothing', async (path) => {
    expect((await client.list(path)).length).toBeGreaterThan(0);
    expect(await clientOf(emulator, 'Acme Prod').list(path)).toEqual([]);
  });

  test('has own roles and groups that build on each other, and permissions on objects of ten sorts', async () => {
    const roles = (await client.list('/v1/role')).filter(({ org_id }) => org_id !== null);
    expect(roles.map(({ name, member_roles }) => [name, (member_roles as unknown[] | null)?.length ?? 0])).toEqual([
      ['Support lead', 1],
      ['Support reviewer', 0],
    ]);
    const types = new Set((await client.list('/v1/acl/list_org')).map(({ object_type }) => object_type));
    expect(types.size).toBeGreaterThanOrEqual(9);
  });

  test('has views on an org, a project, a dataset and an experiment', async () => {
    const [dataset] = await client.list('/v1/dataset?dataset_name=Golden%20questions');
    const [experiment] = await client.list('/v1/experiment?experiment_name=Tone%202');
    const [project] = await client.list('/v1/project?project_name=Support%20bot');
    const owners: [string, unknown][] = [
      ['organization', emulator.orgs[0]?.id],
      ['project', project?.id],
      ['dataset', dataset?.id],
      ['experiment', experiment?.id],
    ];
    for (const [type, id] of owners) {
      expect((await client.list(`/v1/view?object_type=${type}&object_id=${String(id)}`)).length).toBeGreaterThan(0);
    }
  });

  test('has what cannot be migrated: a bundle and what needs it, a pinned old version, a secret without a value', async () => {
    const [bundle] = await client.list('/v1/function?slug=resolution-check');
    expect(bundle).toMatchObject({ function_data: { data: { type: 'bundle', bundle_id: expect.any(String) } } });
    const [score] = await client.list('/v1/project_score?project_score_name=Bundle%20review');
    expect(JSON.stringify(score)).toContain(String(bundle?.id));
    const [answer] = await client.list('/v1/prompt?slug=answer');
    const assigned = await client.list(`/environment-object/prompt/${answer?.id}`);
    const versions = Object.fromEntries(assigned.map((object) => [object.environment_slug, object.object_version]));
    expect(versions.staging).toBe(answer?._xact_id);
    expect(versions.production).not.toBe(answer?._xact_id);
    const secrets = await client.list('/v1/ai_secret');
    expect(secrets.map(({ preview_secret }) => preview_secret === null).sort()).toEqual([false, true]);
  });

  test('has a cycle of a prompt and a tool, settings that point back, and a chain of bases over two projects', async () => {
    const [triage] = await client.list('/v1/prompt?slug=triage');
    const [escalate] = await client.list('/v1/function?slug=escalate');
    expect(JSON.stringify(triage?.prompt_data)).toContain(String(escalate?.id));
    expect(JSON.stringify(escalate?.prompt_data)).toContain(String(triage?.id));
    const [project] = await client.list('/v1/project?project_name=Support%20bot');
    expect(project?.settings).toMatchObject({
      baseline_experiment_id: expect.any(String),
      default_preprocessor: { type: 'function' },
    });
    const chain: unknown[] = [];
    let [experiment]: (Shown | undefined)[] = await client.list('/v1/experiment?experiment_name=Tone%202');
    while (experiment !== undefined) {
      chain.push(experiment.name);
      const base = experiment.base_exp_id;
      experiment = typeof base === 'string' ? await client.object('GET', `/v1/experiment/${base}`) : undefined;
    }
    expect(chain).toEqual(['Tone 2', 'Tone 1', 'Baseline', 'Model comparison']);
  });

  test('an experiment says that it has rows once it has some', async () => {
    const [toneTwo] = await client.list('/v1/experiment?experiment_name=Tone%202');
    const [baseline] = await client.list('/v1/experiment?experiment_name=Baseline');
    expect(toneTwo?.internal_metadata).toEqual({ experiment_has_rows: true });
    expect(baseline?.internal_metadata).toBeNull();
  });

  test('lies in the past, and the clock runs again', async () => {
    const projects = await client.list('/v1/project');
    const ages = projects.map(({ created }) => Date.now() - Date.parse(String(created)));
    expect(Math.min(...ages)).toBeGreaterThan(86_400_000);
    expect(Math.abs(emulator.clock.now() - Date.now())).toBeLessThan(1000);
  });
});
