import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Shown } from '../support/emulator-client.ts';
import { action, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

const PROMPTS = 12;

let orgs: TwoOrgs;
let project: Shown;
let prompts: Shown[];

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project();
  await orgs.source.object('POST', '/environment', { name: 'Production', slug: 'production' });
  prompts = [];
  for (let number = 0; number < PROMPTS; number += 1) {
    const prompt = await make('prompt', { name: `P${number}`, slug: `p${number}`, prompt_data: chat('One.') });
    await orgs.source.object('PUT', `/environment-object/prompt/${prompt.id}/production`, {
      object_version: prompt._xact_id,
    });
    await make('view', { object_type: 'project', object_id: project.id, view_type: 'logs', name: `V${number}` });
    prompts.push(prompt);
  }
});
afterEach(() => orgs.close());

const make = (kind: string, { ...body }: Record<string, unknown>) =>
  orgs.source.object('POST', `/v1/${kind}`, { ...(kind === 'view' ? {} : { project_id: project.id }), ...body });

const asked = (path: RegExp) =>
  orgs.emulator.requests.all().filter((request) => request.method === 'GET' && path.test(request.path)).length;

describe('apply asks owner by owner only where it has something to do', () => {
  test('one changed prompt and its assignment: one owner on each side', async () => {
    const migration = orgs.migration();
    await migrate(migration);
    const [first] = prompts;
    const changed = await orgs.source.object('PATCH', `/v1/prompt/${first?.id}`, { prompt_data: chat('Two.') });
    await orgs.source.object('PUT', `/environment-object/prompt/${first?.id}/production`, {
      object_version: changed._xact_id,
    });
    const plan = await migration.plan();
    expect(pending(plan)).toEqual([
      'update:prompt."Support bot".p0',
      'update:environment_object.prompt."Support bot".p0.production',
    ]);
    orgs.emulator.requests.clear();
    expect((await migration.apply(plan)).summary).toMatchObject({ updated: 2, failed: 0 });
    expect(asked(/^\/environment-object/)).toBe(2);
    expect(asked(/^\/v1\/view/)).toBe(0);
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('an assignment that somebody changes meanwhile still makes the plan stale', async () => {
    const migration = orgs.migration();
    await migrate(migration);
    const [first] = prompts;
    await orgs.source.object('DELETE', `/environment-object/prompt/${first?.id}/production`);
    await orgs.source.object('PATCH', `/v1/prompt/${first?.id}`, { prompt_data: chat('Two.') });
    await orgs.source.object('POST', '/environment', { name: 'Staging', slug: 'staging' });
    const [listed] = (await orgs.source.list('/v1/prompt')).filter(({ slug }) => slug === 'p0');
    const version = { object_version: listed?._xact_id };
    await orgs.source.object('PUT', `/environment-object/prompt/${first?.id}/staging`, version);
    const plan = await migration.plan();
    expect(action(plan, 'create:environment_object.prompt."Support bot".p0.staging').op).toBe('create');
    await orgs.source.object('DELETE', `/environment-object/prompt/${first?.id}/staging`);
    await expect(migration.apply(plan)).rejects.toMatchObject({
      code: 'BTM_PLAN_STALE',
      detail: expect.stringContaining('environment_object.prompt."Support bot".p0.staging'),
    });
  });
});

describe('the estimate of requests is what apply sends', () => {
  test.each([
    ['the first migration', ''],
    ['few projects, listed one by one', 'projects: { include: [Support bot] }'],
  ])('of %s', async (_what, yaml) => {
    await orgs.project('Other');
    const migration = orgs.migration(yaml);
    const { plan, run } = await migrate(migration);
    expect(plan.estimates.requests).toEqual(run.requests);
  });

  test('of an update of a prompt and its assignment', async () => {
    const migration = orgs.migration();
    await migrate(migration);
    const [first] = prompts;
    const changed = await orgs.source.object('PATCH', `/v1/prompt/${first?.id}`, { prompt_data: chat('Two.') });
    await orgs.source.object('PUT', `/environment-object/prompt/${first?.id}/production`, {
      object_version: changed._xact_id,
    });
    const { plan, run } = await migrate(migration);
    expect(plan.estimates.requests).toEqual(run.requests);
    expect((await migration.plan()).estimates.requests).toEqual({ source: 0, destination: 0 });
  });
});
