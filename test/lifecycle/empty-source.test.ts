import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Shown } from '../support/emulator-client.ts';
import { action, blocks, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project();
});
afterEach(() => orgs.close());

const make = (kind: string, body: object) =>
  orgs.source.object('POST', `/v1/${kind}`, { project_id: project.id, ...body });

describe('a source that lists nothing', () => {
  test('of all that the state knows is refused', async () => {
    await make('prompt', { name: 'P', slug: 'p' });
    const migration = orgs.migration(
      'resources: { exclude: [roles, groups, acls] }\npolicy: { prune: true, max_deletes: 99 }',
    );
    await migrate(migration);
    await orgs.source.object('DELETE', `/v1/project/${project.id}`);
    await expect(migration.plan()).rejects.toMatchObject({ code: 'BTM_EMPTY_SOURCE', exitCode: 1 });
  });

  test('of one kind that the state knows is blocked for that kind, and can be accepted', async () => {
    const prompt = await make('prompt', { name: 'P', slug: 'p' });
    const migration = orgs.migration('policy: { prune: true, max_deletes: 99 }');
    await migrate(migration);
    await orgs.source.object('DELETE', `/v1/prompt/${prompt.id}`);
    await orgs.source.object('PATCH', `/v1/project/${project.id}`, { description: 'Still planned' });
    const plan = await migration.plan();
    expect(blocks(plan)).toEqual(['prompt."Support bot".p (empty_source)']);
    expect(pending(plan)).toEqual(['update:project."Support bot"']);
    migration.respec("accept: [{ at: 'prompt.*.*', reason: gone for good }]");
    expect(action(await migration.plan(), 'blocked:prompt."Support bot".p').accepted).toBeDefined();
  });

  test('of one kind is accepted for the kind, which deletes nothing and holds up nothing else', async () => {
    const tag = await make('project_tag', { name: 'refund' });
    const migration = orgs.migration();
    await migrate(migration);
    await orgs.source.object('DELETE', `/v1/project_tag/${tag.id}`);
    await make('prompt', { name: 'P', slug: 'p' });
    migration.respec(
      "policy: { prune: true, max_deletes: 9 }\naccept: [{ at: 'project_tag.*', reason: tags are gone }]",
    );
    const { plan, run } = await migrate(migration);
    expect(action(plan, 'blocked:project_tag."Support bot".refund')).toMatchObject({
      reason: 'empty_source',
      accepted: { reason: 'tags are gone' },
    });
    expect(plan.notices).toBeUndefined();
    expect(run.summary).toMatchObject({ created: 1, deleted: 0, failed: 0 });
    expect(await orgs.destination.list('/v1/project_tag')).toHaveLength(1);
    // Nobody agreed to anything but an empty kind.
    await make('project_tag', { name: 'bug' });
    expect((await migration.plan()).notices).toMatchObject([{ code: 'matches_nothing', entry: 'project_tag.*' }]);
  });

  test('of one kind is named although nothing would be deleted, also when all of it was adopted', async () => {
    const tag = await make('project_tag', { name: 'refund' });
    await migrate(orgs.migration());
    const second = orgs.migration();
    await migrate(second);
    await orgs.source.object('DELETE', `/v1/project_tag/${tag.id}`);
    expect(blocks(await second.plan())).toEqual(['project_tag."Support bot".refund (empty_source)']);
  });

  test('of all that the state knows is accepted by kind, and is nothing when it lists others of the kind', async () => {
    const names = ['Staging', 'Canary'];
    const yaml = 'resources: { include: [environments] }';
    const made = await Promise.all(
      names.map((name) => orgs.source.object('POST', '/environment', { name, slug: name.toLowerCase() })),
    );
    const migration = orgs.migration(yaml);
    await migrate(migration);
    for (const { id } of made) await orgs.source.object('DELETE', `/environment/${id}`);
    await expect(migration.plan()).rejects.toMatchObject({
      code: 'BTM_EMPTY_SOURCE',
      hint: expect.stringContaining('at: "environment.*"'),
    });
    migration.respec(`${yaml}\naccept: [{ at: 'environment.*', reason: moved }]`);
    expect((await migration.plan()).actions.map(({ accepted }) => accepted?.reason)).toEqual(['moved', 'moved']);
    migration.respec(yaml);
    await orgs.source.object('POST', '/environment', { name: 'Live', slug: 'live' });
    const { plan } = await migrate(migration);
    expect(pending(plan)).toEqual(['create:environment.live']);
    expect(action(plan, 'skip:environment.staging').reason).toBe('removed_from_source');
  });
});
