import { afterEach, expect, test } from 'vitest';
import { DESTINATION_KEY, SOURCE_KEY } from '../support/migration.ts';
import { mixedRow, writeRows } from '../support/mixed-rows.ts';
import { rowTexts } from '../support/row-texts.ts';
import { chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

const DATASETS = 'resources: { include: [projects, datasets, dataset_rows] }\n';

let orgs: TwoOrgs;
afterEach(() => orgs.close());

/** Datasets of the source with ten rows each; returns their ids. */
async function seedDatasets(count: number): Promise<string[]> {
  const project = await orgs.project();
  const ids: string[] = [];
  for (let number = 0; number < count; number++) {
    const { id } = await orgs.source.object('POST', '/v1/dataset', { project_id: project.id, name: `Set ${number}` });
    const rows = Array.from({ length: 10 }, (_, row) => mixedRow(row, number));
    await writeRows({ url: orgs.emulator.url, key: SOURCE_KEY }, { type: 'dataset', id, name: '' }, rows);
    ids.push(id);
  }
  return ids;
}

async function expectCopied(numbers: readonly number[], ids: readonly string[]): Promise<void> {
  const held = new Map((await orgs.destination.list('/v1/dataset')).map(({ name, id }) => [name, id]));
  const dump = orgs.emulator.dump();
  for (const number of numbers) {
    const copied = rowTexts(dump, 'dataset', held.get(`Set ${number}`) ?? '');
    expect([...copied], `Set ${number}`).toEqual([...rowTexts(dump, 'dataset', ids[number] ?? '')]);
    expect(copied.size).toBe(10);
  }
}

function rowQueries(org: string): number {
  return orgs.emulator.requests.matching('POST', '/btql').filter((one) => one.org === org).length;
}

/** `/version` belongs to no organization. */
function requestsOf(org: string): string[] {
  const all = orgs.emulator.requests.all().filter((one) => one.org === org && one.path !== '/version');
  return all.map(({ method, path }) => `${method} ${path}`);
}

test('small containers share queries and lanes, and no row ends up in another container', async () => {
  orgs = await TwoOrgs.start();
  const ids = await seedDatasets(60);
  const migration = orgs.migration(DATASETS);
  const plan = await migration.plan();
  orgs.emulator.requests.clear();
  const run = await migration.apply(plan);
  expect(run.summary).toMatchObject({ rows: 600, failed: 0 });
  expect(rowQueries('Acme Dev')).toBeLessThanOrEqual(6);
  await expectCopied([...ids.keys()], ids);
  expect(pending(await migration.plan())).toEqual([]);
});

test('a container that cannot be read fails alone, and the same plan goes on with it', async () => {
  orgs = await TwoOrgs.start();
  const ids = await seedDatasets(5);
  const migration = orgs.migration(DATASETS);
  const plan = await migration.plan();
  const [, , hidden = ''] = ids;
  orgs.emulator.faults.add({
    match: { method: 'POST', path: '/btql', org: 'Acme Dev', bodyIncludes: hidden },
    action: { type: 'status', status: 403 },
  });
  const run = await migration.apply(plan);
  expect(run.actions.filter(({ status }) => status === 'failed')).toMatchObject([
    { id: 'copy:dataset_rows."Support bot"."Set 2"', error: { code: 'BTM_PERMISSION_DENIED' } },
  ]);
  expect(run.summary).toMatchObject({ rows: 40, failed: 1 });
  await expectCopied([0, 1, 3, 4], ids);

  orgs.emulator.faults.clear();
  expect(await migration.apply(plan)).toMatchObject({ resumed: true, summary: { rows: 50, failed: 0 } });
  await expectCopied([2], ids);
});

test('what rows refer to has its new id, also when it is made last', async () => {
  orgs = await TwoOrgs.start();
  const project = await orgs.project();
  const dataset = await orgs.source.object('POST', '/v1/dataset', { project_id: project.id, name: 'Tickets' });
  const prompt = await orgs.source.object('POST', '/v1/prompt', {
    project_id: project.id,
    name: 'Triage',
    slug: 'triage',
    prompt_data: chat('Sort it.'),
  });
  const unknown = '3c5e3a44-6a63-4f0f-8a9c-2d3c58e1a001';
  await orgs.source.object('POST', '/logs3', {
    api_version: 2,
    rows: [
      {
        id: 'r1',
        project_id: project.id,
        log_id: 'g',
        origin: { object_type: 'dataset', object_id: dataset.id, id: 'row-1', _xact_id: '1000196022104685824' },
        metadata: { prompt: { id: prompt.id, project_id: project.id, version: '1000196022104685824' } },
      },
      {
        id: 'r2',
        project_id: project.id,
        log_id: 'g',
        origin: { object_type: 'experiment', object_id: unknown, id: 'x' },
      },
    ],
  });
  const { run } = await migrate(orgs.migration('limits: { parallelism: 1 }\n'));
  const copied = async (path: string, name: string) => (await orgs.found('destination', path, name)).id;
  const home = await copied('/v1/project', 'Support bot');
  const rows = rowTexts(orgs.emulator.dump(), 'project_logs', home);
  expect(rows.get('"r1"')).toContain(`"object_id":"${await copied('/v1/dataset', 'Tickets')}"`);
  expect(rows.get('"r1"')).toContain(
    `{"prompt":{"id":"${await copied('/v1/prompt', 'triage')}","project_id":"${home}"}}`,
  );
  expect(rows.get('"r2"')).toContain(`"object_id":"${unknown}"`);
  expect(run.row_notes).toMatchObject({ dropped_pins: 2, unresolved: { experiment: 1 } });
});

test('another organization on the same server is neither read nor written, and can be a destination of its own', async () => {
  const staging = 'sk-acme-staging';
  orgs = await TwoOrgs.start({
    orgs: [
      { name: 'Acme Dev', key: SOURCE_KEY },
      { name: 'Acme Prod', key: DESTINATION_KEY },
      { name: 'Acme Staging', key: staging },
    ],
  });
  const project = await orgs.project();
  const logs = { type: 'project_logs', id: project.id, name: 'Support bot' } as const;
  const rows = Array.from({ length: 1200 }, (_, number) => mixedRow(number));
  await writeRows({ url: orgs.emulator.url, key: SOURCE_KEY }, logs, rows);
  orgs.emulator.requests.clear();
  await migrate(orgs.migration());
  expect(requestsOf('Acme Staging')).toEqual([]);

  const second = orgs.migration('', { into: 'Acme Staging', env: { BT_DEST_API_KEY: staging } });
  orgs.emulator.requests.clear();
  const { run } = await migrate(second);
  expect(run.summary).toMatchObject({ rows: 1200, failed: 0 });
  expect(requestsOf('Acme Prod')).toEqual([]);
  expect(pending(await second.plan())).toEqual([]);
});
