import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Shown } from '../support/emulator-client.ts';
import { action, blocks, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project();
});
afterEach(() => orgs.close());

interface Use {
  readonly id: string;
  readonly version?: unknown;
}
const using = (...tools: readonly Use[]) => ({ tool_functions: tools.map((use) => ({ type: 'function', ...use })) });

async function make(slug: string, kind: 'prompt' | 'function' = 'prompt'): Promise<Shown> {
  const more = kind === 'prompt' ? {} : { function_type: 'tool', function_data: { type: 'prompt' } };
  return orgs.source.object('POST', `/v1/${kind}`, {
    project_id: project.id,
    name: slug,
    slug,
    prompt_data: chat(slug),
    ...more,
  });
}
const use = ({ id }: Shown, ...tools: readonly Use[]) =>
  orgs.source.object('PATCH', `/v1/function/${id}`, { prompt_data: using(...tools) });

/** Slugs that each copy uses, and whether a pin is that of the newest version. */
async function graph(): Promise<Record<string, string[]>> {
  const copies = await orgs.destination.list('/v1/function');
  const byId = new Map(copies.map((copy) => [copy.id, copy]));
  return Object.fromEntries(
    copies.map(({ slug, prompt_data }) => {
      const tools = (prompt_data as { tool_functions?: { id: string; version?: string }[] }).tool_functions ?? [];
      const names = tools.map(({ id, version }) => {
        const target = byId.get(id);
        const pin = version === undefined ? '' : version === target?._xact_id ? '@newest' : '@older';
        return `${target?.slug}${pin}`;
      });
      return [slug, names];
    }),
  );
}

test('a prompt and a tool that use each other', async () => {
  const prompt = await make('triage');
  const tool = await make('escalate', 'function');
  await use(prompt, tool);
  await use(tool, prompt);
  const migration = orgs.migration();
  const { plan } = await migrate(migration);
  expect(plan.actions.filter(({ op }) => op === 'link')).toHaveLength(1);
  expect(await graph()).toEqual({ triage: ['escalate'], escalate: ['triage'] });
  expect(pending(await migration.plan())).toEqual([]);
});

test('a prompt that uses itself', async () => {
  const prompt = await make('triage');
  await use(prompt, prompt);
  const migration = orgs.migration();
  await migrate(migration);
  expect(await graph()).toEqual({ triage: ['triage'] });
  expect(pending(await migration.plan())).toEqual([]);
});

test('three that use each other in a ring, one of them besides something outside', async () => {
  const [a, b, c, outside] = [await make('a'), await make('b'), await make('c'), await make('outside')];
  await use(a, b);
  await use(b, c, outside);
  await use(c, a);
  const migration = orgs.migration();
  await migrate(migration);
  expect(await graph()).toEqual({ a: ['b'], b: ['c', 'outside'], c: ['a'], outside: [] });
  expect(pending(await migration.plan())).toEqual([]);
});

test('a ring in which one pins the newest version of another', async () => {
  const [a, b] = [await make('a'), await make('b', 'function')];
  const a2 = await use(a, b);
  await use(b, { id: a.id, version: a2._xact_id });
  const migration = orgs.migration();
  const { plan } = await migrate(migration);
  expect(blocks(plan)).toEqual([]);
  expect(await graph()).toEqual({ a: ['b'], b: ['a@newest'] });
  expect(pending(await migration.plan())).toEqual([]);
});

test('a new tool that pins what is changed to use it', async () => {
  const a = await make('a');
  const migration = orgs.migration();
  await migrate(migration);
  const b = await make('b', 'function');
  const a2 = await use(a, b);
  await use(b, { id: a.id, version: a2._xact_id });
  const { plan } = await migrate(migration);
  expect(blocks(plan)).toEqual([]);
  expect(await graph()).toEqual({ a: ['b'], b: ['a@newest'] });
  expect(pending(await migration.plan())).toEqual([]);
});

test('two graphs that cannot be made without each other are blocked, and so is what needs them', async () => {
  const task = (slug: string, function_id?: string) => ({
    project_id: project.id,
    name: slug,
    slug,
    function_type: 'task',
    function_data: {
      type: 'graph',
      nodes: function_id === undefined ? {} : { call: { type: 'function', function: { function_id } } },
      edges: {},
    },
  });
  const a = await orgs.source.object('POST', '/v1/function', task('a'));
  const b = await orgs.source.object('POST', '/v1/function', task('b', a.id));
  await orgs.source.object('PUT', '/v1/function', task('a', b.id));
  const user = await make('user');
  await use(user, b);
  const { plan } = await migrate(orgs.migration());
  expect(blocks(plan).sort()).toEqual([
    'function."Support bot".a (cycle_unbreakable)',
    'function."Support bot".b (cycle_unbreakable)',
    'prompt."Support bot".user (dependency_blocked)',
  ]);
});

test('settings of a project that point at what is in it', async () => {
  const base = await orgs.source.object('POST', '/v1/experiment', { project_id: project.id, name: 'Base' });
  await orgs.source.object('PATCH', `/v1/project/${project.id}`, {
    settings: { baseline_experiment_id: base.id, comparison_key: 'input' },
  });
  const migration = orgs.migration();
  const { plan } = await migrate(migration);
  expect(action(plan, 'link:project."Support bot"')).toMatchObject({ reason: 'second_write_only' });
  const copy = await orgs.found('destination', '/v1/experiment', 'Base');
  expect(await orgs.found('destination', '/v1/project', 'Support bot')).toMatchObject({
    settings: { baseline_experiment_id: copy.id, comparison_key: 'input' },
  });

  // Replaced whole: a key that is gone in the source goes in the destination too.
  await orgs.source.object('PATCH', `/v1/project/${project.id}`, { settings: { comparison_key: 'expected' } });
  await migrate(migration);
  expect((await orgs.found('destination', '/v1/project', 'Support bot')).settings).toEqual({
    comparison_key: 'expected',
  });
  expect(pending(await migration.plan())).toEqual([]);
});

test('base experiments that are newer than what builds on them, also across projects', async () => {
  const other = await orgs.project('Other');
  const experiment = (project_id: string, name: string, base_exp_id?: string) => {
    orgs.emulator.clock.advance(1000);
    return orgs.source.object('POST', '/v1/experiment', { project_id, name, base_exp_id });
  };
  const oldest = await experiment(project.id, 'Oldest');
  const old = await experiment(other.id, 'Old');
  await experiment(project.id, 'Middle', oldest.id);
  const newest = await experiment(project.id, 'Newest');
  const newer = await experiment(other.id, 'Newer', newest.id);
  await orgs.source.object('PATCH', `/v1/experiment/${oldest.id}`, { base_exp_id: newer.id });
  await orgs.source.object('PATCH', `/v1/experiment/${old.id}`, { base_exp_id: newest.id });
  const migration = orgs.migration();
  await migrate(migration);
  const copies = await orgs.destination.list('/v1/experiment');
  const name = new Map(copies.map((copy) => [copy.id, copy.name]));
  expect(Object.fromEntries(copies.map((copy) => [copy.name, name.get(String(copy.base_exp_id))]))).toEqual({
    Oldest: 'Newer',
    Old: 'Newest',
    Middle: 'Oldest',
    Newest: undefined,
    Newer: 'Newest',
  });
  expect(pending(await migration.plan())).toEqual([]);
});
