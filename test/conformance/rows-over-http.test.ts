import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PageFormat, scanPage } from '../../src/streams/scan-page.ts';
import { rowText, type SplicedPage, splicePage } from '../../src/streams/splice-page.ts';
import { spliceRule } from '../../src/streams/splice-rule.ts';
import { bodyOf, halves, type RowRun, runOf } from '../../src/streams/write/row-batch.ts';
import { valueText } from '../fuzz/json-text.ts';
import { RowFixture } from '../support/row-fixture.ts';

/** Rows whose `input` is any JSON text, read from one container and written to another by the real requests. */
describe('rows that are read, spliced and written over HTTP', () => {
  const inputs = fc.sample(valueText, { numRuns: 300, seed: 20260105 });
  let fixture: RowFixture;
  let copyId: string;

  beforeAll(async () => {
    fixture = await RowFixture.start({ switches: { strictRowJson: true } });
    ({ id: copyId } = await fixture.client.object('POST', '/v1/project', { name: 'Support bot copy' }));
    const rows = inputs.map(
      (input, n) => `{"id":"row-${n}","project_id":"${fixture.projectId}","log_id":"g","input":${input}}`,
    );
    expect((await fixture.post('/logs3', `{"rows":[${rows.join(',')}],"api_version":2}`)).status).toBe(200);
  });
  afterAll(() => fixture.close());

  async function read(projectId: string, format: PageFormat): Promise<SplicedPage> {
    const query = `select: * | from: project_logs('${projectId}') spans | sort: _pagination_key asc | limit: 1000`;
    const { text } = await fixture.post('/btql', JSON.stringify({ query, fmt: format }));
    const rule = spliceRule('logs', [{ sourceId: projectId, destinationId: copyId }], { skipAsyncScoring: false });
    return splicePage(scanPage(Buffer.from(text), format), rule, { objectId: () => undefined, attachmentKey: null });
  }

  test.each(['jsonl', 'json'] as const)('arrive byte for byte and in order, read as %s', async (format) => {
    const page = await read(fixture.projectId, format);
    expect(page.unreadable).toEqual([]);
    const whole = runOf([{ source: page, from: 0, to: page.count }]);
    for (const run of halves(whole).flatMap<RowRun>(halves)) {
      const body = Buffer.concat(bodyOf(run));
      expect(body.length).toBe(run.bytes);
      const answer = await fixture.post('/logs3', body);
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('"ids"')]);
    }
    const copy = await read(copyId, format);
    expect(copy.count).toBe(inputs.length);
    expect(copy.bytes.equals(page.bytes)).toBe(true);
    for (const n of inputs.keys()) {
      expect(rowText(copy, copy.ids, n)).toBe(`row-${n}`);
      const row = copy.bytes.toString('utf8', copy.starts[n], copy.ends[n]);
      if (inputs[n] !== 'null') expect(row).toContain(`"input":${inputs[n]}`);
    }
  });
});
