import { Attachment, init, initDataset, initLogger, loadPrompt, login, ReadonlyAttachment, traced } from 'braintrust';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Row, RowFixture } from '../support/row-fixture.ts';

/** The official JavaScript SDK (devDependency `braintrust`), pointed at an emulator; what it wrote is read back over plain HTTP. */
describe('the official SDK', () => {
  let rows: RowFixture;

  beforeAll(async () => {
    rows = await RowFixture.start();
    const { url: appUrl, orgs } = rows.emulator;
    await login({
      appUrl,
      apiKey: orgs[0]?.key ?? '',
      orgName: orgs[0]?.name ?? '',
      forceLogin: true,
      noExitFlush: true,
    });
  });
  afterAll(async () => {
    await rows.close();
  });

  const logger = () => initLogger({ projectName: 'Support bot', asyncFlush: true, setCurrent: false });

  test('logs nested spans, merges what it adds to them, and gives feedback', async () => {
    const log = logger();
    const rootId = await log.traced(
      async (root) => {
        root.log({ input: { question: 'Where is my order?' }, metadata: { user: 'ann' } });
        await root.traced(
          async (span) => {
            span.log({ input: 'lookup', output: { status: 'shipped' }, metrics: { tokens: 12 } });
          },
          { name: 'lookup', type: 'tool' },
        );
        root.log({ output: 'On its way', metadata: { model: 'gpt-5-mini' }, tags: ['order'] });
        return root.id;
      },
      { name: 'answer', type: 'task' },
    );
    await log.flush();
    log.updateSpan({ id: rootId, metadata: { reviewed: true }, scores: { fast: 0.5 } } as Parameters<
      typeof log.updateSpan
    >[0]);
    log.logFeedback({
      id: rootId,
      scores: { helpful: 1 },
      comment: 'Well said',
      tags: ['good'],
      source: 'external',
      metadata: { by: 'bob' },
    });
    await log.flush();
    const written = await rows.logs();
    const root = written.get(rootId);
    expect(root).toMatchObject({
      input: { question: 'Where is my order?' },
      output: 'On its way',
      metadata: { user: 'ann', model: 'gpt-5-mini', reviewed: true },
      scores: { fast: 0.5, helpful: 1 },
      span_attributes: { name: 'answer', type: 'task' },
      is_root: true,
      comments: [{ comment: { text: 'Well said' }, source: 'external', metadata: { by: 'bob' } }],
    });
    expect(new Set(root?.tags as string[])).toEqual(new Set(['order', 'good']));
    const child = [...written.values()].find((row) => row.id !== rootId);
    expect(child).toMatchObject({
      output: { status: 'shipped' },
      span_attributes: { name: 'lookup', type: 'tool' },
      root_span_id: root?.root_span_id,
      span_parents: [root?.span_id],
      is_root: false,
      metrics: { tokens: 12, end: expect.any(Number) },
    });
  });

  test('runs an experiment over a dataset and sums it up against its base', async () => {
    const dataset = initDataset({ project: 'Support bot', dataset: 'Questions' });
    for (let n = 0; n < 5; n++)
      dataset.insert({ id: `q${n}`, input: n, expected: n * 2, metadata: { n }, tags: ['math'] });
    await dataset.flush();
    expect((await dataset.summarize({ summarizeData: true })).dataSummary?.totalRecords).toBe(5);
    const evaluate = async (name: string, task: (input: number) => number) => {
      const experiment = init('Support bot', {
        experiment: name,
        dataset,
        ...(name === 'second' ? { baseExperiment: 'first' } : {}),
      });
      for await (const item of dataset) {
        await experiment.traced(
          async (root) => {
            const output = await traced(
              async (span) => {
                span.log({ input: item.input });
                return task(item.input as number);
              },
              { name: 'task', type: 'task' },
            );
            const score = output === item.expected ? 1 : 0;
            root.log({ input: item.input, output, expected: item.expected, scores: { exact: score } });
          },
          {
            name: 'eval',
            type: 'eval',
            event: {
              origin: { object_type: 'dataset', object_id: await dataset.id, id: item.id, _xact_id: item._xact_id },
            } as never,
          },
        );
      }
      return experiment;
    };
    const first = await evaluate('first', (input) => (input < 2 ? input * 2 : 0));
    await first.flush();
    const second = await evaluate('second', (input) => input * 2);
    const summary = await second.summarize();
    expect(summary).toMatchObject({
      projectName: 'Support bot',
      experimentName: 'second',
      comparisonExperimentName: 'first',
      scores: { exact: { name: 'exact', score: 1, improvements: 3, regressions: 0 } },
    });
    const events = await rows.btql(`select: * | from: experiment('${await second.id}') | filter: is_root = true`);
    expect(events).toHaveLength(5);
    for (const event of events)
      expect(event.origin).toMatchObject({ object_type: 'dataset', object_id: await dataset.id });
    const fetched: unknown[] = [];
    for await (const row of init('Support bot', { experiment: 'second', open: true }).asDataset())
      fetched.push(row.expected);
    expect(fetched.sort()).toEqual([0, 2, 4, 6, 8]);
  });

  test('iterates a dataset page by page, and updates and deletes its rows', async () => {
    const dataset = initDataset({ project: 'Support bot', dataset: 'Large' });
    const count = 2345;
    for (let n = 0; n < count; n++) dataset.insert({ id: `r${n}`, input: { n } });
    await dataset.flush();
    dataset.update({ id: 'r7', metadata: { changed: true } });
    dataset.delete('r8');
    await dataset.flush();
    const found = new Map<string, Row>();
    for await (const row of dataset) found.set(row.id, row as unknown as Row);
    expect(found.size).toBe(count - 1);
    expect(found.get('r7')).toMatchObject({ input: { n: 7 }, metadata: { changed: true } });
  });

  test('opens a dataset at a version', async () => {
    const dataset = initDataset({ project: 'Support bot', dataset: 'Versioned' });
    dataset.insert({ id: 'a', input: 'old' });
    await dataset.flush();
    const version = await dataset.version();
    dataset.insert({ id: 'a', input: 'new' });
    await dataset.flush();
    const inputs = async (pinned: string | undefined): Promise<unknown[]> => {
      const seen: unknown[] = [];
      const opened = initDataset({
        project: 'Support bot',
        dataset: 'Versioned',
        ...(pinned === undefined ? {} : { version: pinned }),
      });
      for await (const row of opened) seen.push(row.input);
      return seen;
    };
    expect(await inputs(version)).toEqual(['old']);
    expect(await inputs(undefined)).toEqual(['new']);
  });

  test('loads a prompt, the newest one and an older version', async () => {
    const prompt = (content: string) => ({
      project_id: rows.projectId,
      name: 'Answer',
      slug: 'answer',
      prompt_data: {
        prompt: { type: 'chat', messages: [{ role: 'user', content }] },
        options: { model: 'gpt-5-mini' },
      },
    });
    const first = await rows.client.object('PUT', '/v1/prompt', prompt('Hello {{name}}'));
    await rows.client.object('PUT', '/v1/prompt', prompt('Goodbye {{name}}'));
    const newest = await loadPrompt({ projectName: 'Support bot', slug: 'answer' });
    expect(newest.build({ name: 'Ann' })).toMatchObject({
      model: 'gpt-5-mini',
      messages: [{ content: 'Goodbye Ann' }],
    });
    const older = await loadPrompt({ projectName: 'Support bot', slug: 'answer', version: String(first._xact_id) });
    expect(older.build({ name: 'Ann' })).toMatchObject({ messages: [{ content: 'Hello Ann' }] });
  });

  test('uploads an attachment with a span and reads it back', async () => {
    const log = logger();
    const data = new Blob([new Uint8Array([137, 80, 78, 71, 0, 255])]);
    const span = log.startSpan({ name: 'picture' });
    span.log({ input: { picture: new Attachment({ data, filename: 'parcel.png', contentType: 'image/png' }) } });
    span.end();
    await log.flush();
    const row = (await rows.logs()).get(span.id);
    const reference = (row?.input as Record<string, Row> | undefined)?.picture;
    expect(reference).toMatchObject({
      type: 'braintrust_attachment',
      filename: 'parcel.png',
      content_type: 'image/png',
    });
    const read = new ReadonlyAttachment(reference as unknown as ConstructorParameters<typeof ReadonlyAttachment>[0]);
    expect(await read.status()).toEqual({ upload_status: 'done' });
    expect(Buffer.from(await (await read.data()).arrayBuffer())).toEqual(Buffer.from(await data.arrayBuffer()));
  });

  test('takes the overflow route for a row above the inline limit', async () => {
    const log = logger();
    const input = 'x'.repeat(6 * 1024 * 1024);
    const span = log.startSpan({ name: 'large' });
    span.log({ input });
    span.end();
    await log.flush();
    expect((await rows.logs()).get(span.id)?.input).toBe(input);
    expect(rows.emulator.requests.all().some(({ path }) => path === '/logs3/overflow')).toBe(true);
  });
});
