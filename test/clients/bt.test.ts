import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BtCli, hasBt } from '../support/bt-cli.ts';
import { type Row, RowFixture } from '../support/row-fixture.ts';

/** The official `bt` binary; skipped where its npm package has none for the platform. */
describe.skipIf(!hasBt)('the official bt binary', () => {
  let rows: RowFixture;
  let bt: BtCli;
  let copyId: string;

  beforeAll(async () => {
    rows = await RowFixture.start();
    bt = new BtCli(rows.emulator);
    const { id } = (await bt.json('projects', 'create', 'Copy')) as Row;
    copyId = String(id);
  });
  afterAll(async () => {
    bt.remove();
    await rows.close();
  });

  const names = (list: unknown): unknown[] => (list as Row[]).map(({ name }) => name).sort();

  test('lists projects, its own among them', async () => {
    expect(names(await bt.json('projects', 'list'))).toEqual(['Copy', 'Support bot']);
  });

  test('creates a dataset with rows, shows it, updates it, snapshots and restores it', async () => {
    const inline = JSON.stringify([
      { id: 'c1', input: { q: 'Where is my order?' }, expected: 'On its way' },
      { id: 'c2', input: 'b' },
    ]);
    const dataset = ['-p', 'Support bot'];
    await bt.json('datasets', 'create', 'Cases', '--rows', inline, ...dataset);
    expect(names(await bt.json('datasets', 'list', ...dataset))).toEqual(['Cases', 'Tickets']);
    await bt.json('datasets', 'snapshots', 'create', 'Cases', 'before', ...dataset);
    await bt.json(
      'datasets',
      'update',
      'Cases',
      '--rows',
      '[{"id":"c2","input":"changed"},{"id":"c3","input":"new"}]',
      ...dataset,
    );
    const view = async () => {
      const shown = (await bt.json('datasets', 'view', 'Cases', ...dataset)) as { rows: Row[] };
      return new Map(shown.rows.map((row) => [row.id, row.input]));
    };
    expect(await view()).toEqual(
      new Map<unknown, unknown>([
        ['c1', { q: 'Where is my order?' }],
        ['c2', 'changed'],
        ['c3', 'new'],
      ]),
    );
    await bt.json('datasets', 'snapshots', 'restore', 'Cases', '--name', 'before', '--force', ...dataset);
    expect(await view()).toEqual(
      new Map<unknown, unknown>([
        ['c1', { q: 'Where is my order?' }],
        ['c2', 'b'],
      ]),
    );
  });

  test('lists prompts, functions and experiments', async () => {
    const body = {
      project_id: rows.projectId,
      name: 'Answer',
      slug: 'answer',
      prompt_data: { prompt: { type: 'completion', content: 'Hi' } },
    };
    await rows.client.object('POST', '/v1/prompt', body);
    const code = {
      type: 'code',
      data: { type: 'inline', runtime_context: { runtime: 'node', version: '20' }, code: 'return 1' },
    };
    await rows.client.object('POST', '/v1/function', {
      project_id: rows.projectId,
      name: 'Exact',
      slug: 'exact',
      function_type: 'scorer',
      function_data: code,
    });
    expect(names(await bt.json('prompts', 'list', '-p', 'Support bot'))).toEqual(['Answer']);
    expect(names(await bt.json('functions', 'list', '-p', 'Support bot'))).toContain('Exact');
    expect(names(await bt.json('scorers', 'list', '-p', 'Support bot'))).toEqual(['Exact']);
    expect(names(await bt.json('experiments', 'list', '-p', 'Support bot'))).toEqual(['Baseline']);
    expect(await bt.json('prompts', 'view', 'answer', '-p', 'Support bot')).toMatchObject({ slug: 'answer' });
  });

  test('pushes a prompt, a scorer and a bundled tool from code', async () => {
    const pushed = await bt.pushFunctions(`
      const project = require('braintrust').projects.create({ name: 'Pushed' });
      project.prompts.create({ name: 'Greeting', slug: 'greeting', model: 'gpt-5-mini', prompt: 'Hi {{name}}' });
      project.scorers.create({ name: 'Judge', slug: 'judge', model: 'gpt-5-mini', prompt: 'Is {{output}} right?', choiceScores: { y: 1, n: 0 }, useCot: false });
      project.tools.create({ name: 'Lookup', slug: 'lookup', handler: async () => 'shipped', parameters: { type: 'object', properties: {} } });
    `);
    expect(pushed).toMatchObject({ status: 'success', files: [{ uploaded_entries: 3 }] });
    const functions = (await bt.json('functions', 'list', '-p', 'Pushed')) as Row[];
    expect(names(functions)).toEqual(['Greeting', 'Judge', 'Lookup']);
    expect(functions.find(({ slug }) => slug === 'lookup')).toMatchObject({
      function_type: 'tool',
      function_data: { type: 'code', data: { type: 'bundle', bundle_id: expect.any(String) } },
    });
    expect(names(await bt.json('prompts', 'list', '-p', 'Pushed'))).toContain('Greeting');
  });

  test('runs SQL, at once and later', async () => {
    await rows.logs3(...Array.from({ length: 12 }, (_, n) => ({ ...rows.logKeys, id: `sql${n}`, metadata: { n } })));
    const query = 'SELECT id, metadata.n AS n FROM logs WHERE metadata.n >= 10 ORDER BY id';
    const wanted = [
      { id: 'sql10', n: 10 },
      { id: 'sql11', n: 11 },
    ];
    expect(await bt.json('sql', query, '-p', 'Support bot')).toMatchObject({ data: wanted, cursor: null });
    expect(
      await bt.json('sql', '--async', '--poll-interval', '1', '--async-result-limit', '1', query, '-p', 'Support bot'),
    ).toMatchObject({ data: wanted });
    const wrong = await bt.run('sql', 'SELECT FROM logs', '-p', 'Support bot', '--json');
    expect(wrong.code).not.toBe(0);
  });

  test('pulls and pushes logs, an experiment and a dataset, row by row equal', async () => {
    const span = (n: number): Row => ({
      id: `s${n}`,
      span_id: `s${n}`,
      root_span_id: `s${n - (n % 4)}`,
      span_parents: n % 4 === 0 ? null : [`s${n - (n % 4)}`],
      input: { n, text: 'Grüße\u2028"' },
      metrics: { start: n, end: n + 0.25 },
      scores: { q: 0.5 },
      tags: ['a'],
    });
    const spans = Array.from({ length: 2500 }, (_, n) => span(n));
    const cases = Array.from({ length: 1200 }, (_, n) => ({ id: `c${n}`, input: n, expected: { twice: n * 2 } }));
    await rows.logs3(...spans.map((row) => ({ ...row, ...rows.logKeys })));
    await rows.logs3(...spans.map((row) => ({ ...row, experiment_id: rows.experimentId })));
    await rows.logs3(...cases.map((row) => ({ ...row, dataset_id: rows.datasetId })));
    for (const [type, from, to] of [
      ['project_logs', rows.projectId, 'project_logs:Copy'],
      ['experiment', rows.experimentId, 'experiment:Baseline'],
      ['dataset', rows.datasetId, 'dataset:Tickets'],
    ] as const) {
      const pulled = (await bt.json(
        'sync',
        'pull',
        `${type}:${from}`,
        '--traces',
        '1000000',
        '--root',
        'pulled',
      )) as Row;
      expect(pulled.status).toBe('completed');
      const folder = String(pulled.output_path);
      const pushed = (await bt.json('sync', 'push', to, '-p', 'Copy', '--in', folder, '--force')) as Row;
      const source = await contents(type, from);
      const table = await rows.client.list(`/v1/${type === 'project_logs' ? 'project' : type}?project_id=${copyId}`);
      const target = type === 'project_logs' ? copyId : String(table[0]?.id);
      expect(pushed).toMatchObject({ status: 'completed', rows_uploaded: source.size });
      expect(bt.pulledRows(folder)).toHaveLength(source.size);
      expect(await contents(type, target)).toEqual(source);
    }
  });

  /** Rows by id, without what belongs to their container and their writing; bt does not keep `created`. */
  async function contents(type: string, id: string): Promise<Map<string, Row>> {
    const found = await rows.btql(`select: * | from: ${type}('${id}')`);
    return new Map(
      found.map((row) => {
        const { _xact_id, _pagination_key, created, audit_data, project_id, experiment_id, dataset_id, ...rest } = row;
        return [String(row.id), rest];
      }),
    );
  }
});
