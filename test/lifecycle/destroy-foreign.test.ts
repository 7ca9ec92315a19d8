import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SupportBot, using } from '../support/support-bot.ts';
import { action, blocks, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let bot: SupportBot;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  bot = await SupportBot.start(orgs);
});
afterEach(() => orgs.close());

describe('rows that are not ours', () => {
  test.each([
    ['added to a dataset', 'dataset', 'Golden', 'own'],
    ['edited in a dataset', 'dataset', 'Golden', 'r1'],
  ])('%s: it stays with what it lives in and is counted', async (_how, kind, name, id) => {
    const migration = await bot.migrated();
    await bot.rows('destination', { dataset_id: (await bot.there(kind, name)).id }, id);
    const plan = await migration.destroy();
    // The project's settings refer to the experiment.
    expect(blocks(plan).sort()).toEqual([
      'dataset."Support bot".Golden (rows_not_ours)',
      'experiment."Support bot".Run (still_referenced)',
      'project."Support bot" (still_referenced)',
    ]);
    expect(action(plan, 'blocked:dataset."Support bot".Golden').changes).toEqual([
      { path: 'rows_not_ours', before: 1 },
    ]);
    await migration.apply(plan);
    expect(await bot.names('dataset')).toEqual(['Golden']);
    expect(await bot.names('function')).toEqual([]);
  });

  test('in the log of a project: only the project stays', async () => {
    const migration = await bot.migrated();
    const copy = await bot.there('project', 'Support bot');
    await bot.rows('destination', { project_id: copy.id, log_id: 'g' }, 'own0', 'own1');
    const plan = await migration.destroy();
    expect(blocks(plan)).toContain('project."Support bot" (rows_not_ours)');
    expect(action(plan, 'blocked:project."Support bot"').changes).toEqual([{ path: 'rows_not_ours', before: 2 }]);
  });

  test('that nobody can count: unknown, not none', async () => {
    const migration = await bot.migrated();
    const golden = await bot.there('dataset', 'Golden');
    orgs.emulator.faults.add({
      match: { path: '/btql', bodyIncludes: golden.id },
      action: { type: 'status', status: 403 },
    });
    expect(blocks(await migration.destroy())).toContain('dataset."Support bot".Golden (rows_unknown)');
  });

  test('that the server may not show yet, because its answer is older than what we wrote: unknown, not none', async () => {
    const migration = await bot.migrated();
    const golden = await bot.there('dataset', 'Golden');
    const { streams } = await migration.store.exportDocument();
    const ours = streams?.written_xacts.filter(({ stream }) => stream === 'dataset_rows') ?? [];
    const data = ours.map(({ xact, rows: row_count }) => ({ dataset_id: golden.id, _xact_id: xact, row_count }));
    const newest = BigInt(ours.at(-1)?.xact ?? 0);
    const answer = (state: bigint) => {
      orgs.emulator.faults.clear();
      orgs.emulator.faults.add({
        match: {
          path: '/btql',
          bodyIncludes: String.raw`dimensions: _xact_id\nmeasures: count(1) as row_count\nfrom: dataset(`,
        },
        action: {
          type: 'status',
          status: 200,
          body: { data, realtime_state: { type: 'off' }, freshness_state: { last_processed_xact_id: String(state) } },
        },
      });
    };
    answer(newest - 1n);
    expect(blocks(await migration.destroy())).toContain('dataset."Support bot".Golden (rows_unknown)');
    answer(newest);
    expect(blocks(await migration.destroy())).toEqual([]);
  });

  test('that came after the plan was made: nothing is deleted', async () => {
    const migration = await bot.migrated();
    const plan = await migration.destroy();
    await bot.rows('destination', { dataset_id: (await bot.there('dataset', 'Golden')).id }, 'own');
    await expect(migration.apply(plan)).rejects.toMatchObject({
      code: 'BTM_PLAN_STALE',
      detail: expect.stringContaining('dataset."Support bot".Golden: 1 of its rows is not ours now') as string,
    });
    expect(await bot.names('function')).toEqual(['tool']);
  });

  test('that came while it was applied: this container stays, and what holds it', async () => {
    const migration = await bot.migrated('limits: { parallelism: 1 }');
    const plan = await migration.destroy();
    const golden = await bot.there('dataset', 'Golden');
    const [hold = ''] = orgs.emulator.faults.add({
      match: { method: 'DELETE', path: '/v1/experiment/*' },
      action: { type: 'hold', when: 'after' },
    });
    const applying = migration.apply(plan);
    await orgs.emulator.faults.held(hold);
    await bot.rows('destination', { dataset_id: golden.id }, 'own');
    orgs.emulator.faults.clear();
    const run = await applying;
    expect(run.summary).toMatchObject({ deleted: 2, failed: 1 });
    expect(run.actions.find(({ status }) => status === 'failed')).toMatchObject({
      address: 'dataset."Support bot".Golden',
      error: { code: 'BTM_PLAN_STALE' },
    });
    expect(run.actions.find(({ status }) => status === 'not_attempted')?.address).toBe('project."Support bot"');
    expect(await bot.names('dataset')).toEqual(['Golden']);
  });
});

describe('objects of others', () => {
  const own = async (body: object) =>
    orgs.destination.object('POST', '/v1/prompt', { name: 'Own', slug: 'own', ...body });

  test('in a project keep the project, and what they refer to', async () => {
    await bot.tool('other');
    const migration = await bot.migrated();
    const copy = await bot.there('project', 'Support bot');
    await own({ project_id: copy.id, ...using((await bot.there('function', 'tool')).id) });
    const plan = await migration.destroy();
    expect(blocks(plan).sort()).toEqual([
      'dataset."Support bot".Golden (still_referenced)',
      'experiment."Support bot".Run (still_referenced)',
      'function."Support bot".tool (still_referenced)',
      'project."Support bot" (still_referenced)',
    ]);
    expect(action(plan, 'blocked:function."Support bot".tool').changes).toEqual([
      { path: 'referenced_by', before: 'prompt."Support bot".own' },
    ]);
    await migration.apply(plan);
    expect(await bot.names('function')).toEqual(['Own', 'tool']);
  });

  test('in another project keep what they refer to, wherever the spec looks', async () => {
    const migration = await bot.migrated('projects: { include: ["Support bot"] }');
    const elsewhere = await orgs.destination.object('POST', '/v1/project', { name: 'Elsewhere' });
    await own({ project_id: elsewhere.id, ...using((await bot.there('function', 'tool')).id) });
    expect(blocks(await migration.destroy())).toContain('function."Support bot".tool (still_referenced)');
  });

  test('in a dataset keep the dataset: saved views are looked for everywhere', async () => {
    const migration = await bot.migrated();
    await orgs.destination.object('POST', '/v1/view', {
      object_type: 'dataset',
      object_id: (await bot.there('dataset', 'Golden')).id,
      view_type: 'dataset',
      name: 'Mine',
    });
    expect(blocks(await migration.destroy())).toContain('dataset."Support bot".Golden (still_referenced)');
  });

  test('that came after the plan was made: nothing is deleted', async () => {
    const migration = await bot.migrated();
    const plan = await migration.destroy();
    await own({ project_id: (await bot.there('project', 'Support bot')).id });
    await expect(migration.apply(plan)).rejects.toMatchObject({
      code: 'BTM_PLAN_STALE',
      detail: expect.stringContaining('prompt."Support bot".own refers to it or lives in it now') as string,
    });
    expect(await bot.names('dataset')).toEqual(['Golden']);
  });

  test('that came while it was applied: the project stays', async () => {
    const migration = await bot.migrated('limits: { parallelism: 1 }');
    const plan = await migration.destroy();
    const copy = await bot.there('project', 'Support bot');
    const [hold = ''] = orgs.emulator.faults.add({
      match: { method: 'DELETE', path: '/v1/dataset/*' },
      action: { type: 'hold', when: 'after' },
    });
    const applying = migration.apply(plan);
    await orgs.emulator.faults.held(hold);
    await own({ project_id: copy.id });
    orgs.emulator.faults.clear();
    const run = await applying;
    expect(run.actions.filter(({ status }) => status === 'failed')).toMatchObject([
      { address: 'project."Support bot"', error: { code: 'BTM_PLAN_STALE' } },
    ]);
    expect(await bot.names('project')).toEqual(['Support bot']);
    expect(await bot.names('function')).toEqual(['Own']);
  });

  test('in the place of one of ours are never deleted, even when they are equal', async () => {
    const migration = await bot.migrated();
    const plan = await migration.destroy();
    const { id, ...copy } = await bot.there('function', 'tool');
    await orgs.destination.object('DELETE', `/v1/function/${id}`);
    const { project_id, name, slug, function_type, function_data } = copy;
    await orgs.destination.object('POST', '/v1/function', { project_id, name, slug, function_type, function_data });
    await expect(migration.apply(plan)).rejects.toMatchObject({ code: 'BTM_PLAN_STALE' });
    expect(blocks(await migration.destroy())).toContain('project."Support bot" (still_referenced)');
    expect(await bot.names('function')).toEqual(['tool']);
  });
});
