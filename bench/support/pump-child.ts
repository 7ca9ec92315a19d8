import { Pool } from 'undici';
import { scanPage } from '../../src/streams/scan-page.ts';
import { splicePage } from '../../src/streams/splice-page.ts';
import { spliceRule } from '../../src/streams/splice-rule.ts';
import type { Place } from './stream-org.ts';

/*
 * The yardsticks: as many lanes as argument 1 says, each of which reads a page and writes it. Where the pages end was found
 * out before. `raw` looks at no byte of them; `splice` does to each row what a copy does. Neither keeps any order.
 */
export interface PumpOrder {
  readonly url: string;
  readonly sourceKey: string;
  readonly destinationKey: string;
  readonly lanes: number;
  readonly kind: 'raw' | 'splice';
  readonly pages: readonly {
    readonly source: Place;
    readonly destination: Place;
    readonly after: string | null;
    readonly upTo: string;
  }[];
}

const NO_LOOKUP = { objectId: () => undefined, attachmentKey: null };
const order = JSON.parse(process.argv[2] ?? '{}') as PumpOrder;
const pool = new Pool(order.url, { connections: order.lanes });

async function post(key: string, path: string, chunks: readonly Buffer[]): Promise<Buffer> {
  const response = await pool.request({
    path,
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks),
  });
  const read: Buffer[] = [];
  for await (const piece of response.body) read.push(piece as Buffer);
  const bytes = Buffer.concat(read);
  if (response.statusCode !== 200)
    throw new Error(`POST ${path} answered ${response.statusCode}: ${bytes.toString('utf8').slice(0, 300)}`);
  return bytes;
}

async function readPage(page: PumpOrder['pages'][number], fmt: 'json' | 'jsonl'): Promise<Buffer> {
  const bounds = [
    ...(page.after === null ? [] : [`_pagination_key > '${page.after}'`]),
    `_pagination_key <= '${page.upTo}'`,
  ];
  const query = `select: *\nfrom: ${page.source.type}('${page.source.id}') spans\nfilter: ${bounds.join(' and ')}\nsort: _pagination_key asc\nlimit: 1000`;
  return post(order.sourceKey, '/btql', [Buffer.from(JSON.stringify({ query, fmt, brainstore_realtime: true }))]);
}

async function moveRaw(page: PumpOrder['pages'][number]): Promise<void> {
  const bytes = await readPage(page, 'json');
  const rows = bytes.subarray('{"data":['.length, bytes.lastIndexOf('],"schema"'));
  const { type, id } = page.destination;
  await post(order.destinationKey, `/v1/${type}/${id}/insert`, [Buffer.from('{"events":['), rows, Buffer.from(']}')]);
}

async function moveSpliced(page: PumpOrder['pages'][number]): Promise<void> {
  const read = scanPage(await readPage(page, 'jsonl'), 'jsonl');
  const pair = { sourceId: page.source.id, destinationId: page.destination.id };
  const stream = page.source.type === 'experiment' ? 'experiment_rows' : 'logs';
  const spliced = splicePage(read, spliceRule(stream, [pair], { skipAsyncScoring: false }), NO_LOOKUP);
  // The page is small enough for one write, and its rows stand beside one another.
  const rows = spliced.bytes.subarray(spliced.starts[0], spliced.ends[spliced.count - 1]);
  await post(order.destinationKey, '/logs3', [Buffer.from('{"rows":['), rows, Buffer.from('],"api_version":2}')]);
}

const started = performance.now();
const before = process.cpuUsage();
let next = 0;
const lane = async (): Promise<void> => {
  for (let page = order.pages[next++]; page !== undefined; page = order.pages[next++]) {
    await (order.kind === 'raw' ? moveRaw(page) : moveSpliced(page));
  }
};
await Promise.all(Array.from({ length: order.lanes }, lane));
const { user, system } = process.cpuUsage(before);
const { maxRSS } = process.resourceUsage();
process.send?.({
  seconds: (performance.now() - started) / 1000,
  cpuSeconds: (user + system) / 1e6,
  peakBytes: maxRSS * 1024,
});
await pool.close();
process.disconnect?.();
