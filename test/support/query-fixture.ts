import { type Row, RowFixture } from './row-fixture.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

/**
 * What queries are tried on: ten log rows l0 … l9, an hour apart and each its own transaction, in traces of two spans;
 * experiment rows e0 and e1; a dataset row d0. The clock stands at the last log row.
 */
export class QueryFixture {
  readonly rows: RowFixture;
  /** The log rows as they were written. */
  readonly written: readonly Row[];

  private constructor(rows: RowFixture, written: readonly Row[]) {
    this.rows = rows;
    this.written = written;
  }

  static async start(): Promise<QueryFixture> {
    const rows = await RowFixture.start();
    for (let n = 0; n < 10; n++) {
      rows.emulator.clock.freeze(START + n * HOUR);
      await rows.logs3({ ...rows.logKeys, ...logRow(n) });
    }
    const experiment = { experiment_id: rows.experimentId };
    await rows.logs3({ ...experiment, id: 'e0', scores: { q: 1 } }, { ...experiment, id: 'e1' });
    await rows.logs3({ dataset_id: rows.datasetId, id: 'd0', input: 'hello' });
    return new QueryFixture(rows, [...(await rows.logs()).values()]);
  }

  /** `'P'`, `'E'` and `'D'` become the ids of the containers, `'K3'` the key and `X3` the transaction of l3. */
  filled(text: string): string {
    return text
      .replaceAll("'P'", `'${this.rows.projectId}'`)
      .replaceAll("'E'", `'${this.rows.experimentId}'`)
      .replaceAll("'D'", `'${this.rows.datasetId}'`)
      .replace(/'K(\d)'/g, (_, n) => `'${String(this.written[Number(n)]?._pagination_key)}'`)
      .replace(/X(\d)/g, (_, n) => String(this.written[Number(n)]?._xact_id));
  }

  /** Ids of the rows that a query finds. */
  async ids(query: unknown, extra: Row = {}): Promise<string> {
    const found = await this.rows.btql(typeof query === 'string' ? this.filled(query) : query, extra);
    return found.map((row) => String(row.id)).join(' ');
  }
}

function logRow(n: number): Row {
  const isTurn = n % 2 === 0;
  return {
    id: `l${n}`,
    span_id: `l${n}`,
    root_span_id: `t${Math.floor(n / 2)}`,
    span_parents: isTurn ? null : [`l${n - 1}`],
    created: new Date(START + n * HOUR).toISOString(),
    input: n % 3 === 0 ? { question: `Where is order ${n}?`, 'odd key': n } : null,
    metadata: { model: n < 5 ? 'gpt-5-mini' : 'gpt-5', n, list: [{ k: n }] },
    metrics: { start: 100, end: 100 + n },
    tags: isTurn ? ['even', `n${n}`] : null,
    span_attributes: { name: isTurn ? 'turn' : "it's", type: isTurn ? 'task' : 'score' },
    ...(n === 9 ? { error: 'timeout' } : {}),
  };
}
