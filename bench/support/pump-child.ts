import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
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

/** The pieces of an answer as they came; nothing is put together that can go on in pieces. */
async function post(key: string, path: string, pieces: readonly Buffer[]): Promise<Buffer[]> {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const response = await pool.request({
    path,
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': String(size) },
    body: pieces.length === 1 ? (pieces[0] as Buffer) : Readable.from(pieces, { objectMode: true }),
  });
  const read: Buffer[] = [];
  response.body.on('data', (piece: Buffer) => read.push(piece));
  await finished(response.body);
  if (response.statusCode !== 200)
    throw new Error(
      `POST ${path} answered ${response.statusCode}: ${Buffer.concat(read).toString('utf8').slice(0, 300)}`,
    );
  return read;
}

function readPage(page: PumpOrder['pages'][number], fmt: 'json' | 'jsonl'): Promise<Buffer[]> {
  const bounds = [
    ...(page.after === null ? [] : [`_pagination_key > '${page.after}'`]),
    `_pagination_key <= '${page.upTo}'`,
  ];
  const query = `select: *\nfrom: ${page.source.type}('${page.source.id}') spans\nfilter: ${bounds.join(' and ')}\nsort: _pagination_key asc\nlimit: 1000`;
  return post(order.sourceKey, '/btql', [Buffer.from(JSON.stringify({ query, fmt, brainstore_realtime: true }))]);
}

/** The inside of the `data` array of an answer: what is in front of it and behind it is cut off the pieces. */
function rowsOf(pieces: readonly Buffer[]): Buffer[] {
  const rows = [...pieces];
  const first = rows[0]?.subarray('{"data":['.length) ?? Buffer.alloc(0);
  rows[0] = first;
  // The other members are few, but a piece may end within them.
  let tail = Buffer.alloc(0);
  for (;;) {
    tail = Buffer.concat([rows.pop() ?? Buffer.alloc(0), tail]);
    const end = tail.lastIndexOf('],"schema"');
    if (end !== -1) return [...rows, tail.subarray(0, end)];
    if (rows.length === 0) throw new Error('an answer has no rows');
  }
}

async function moveRaw(page: PumpOrder['pages'][number]): Promise<void> {
  const rows = rowsOf(await readPage(page, 'json'));
  const { type, id } = page.destination;
  const body = [Buffer.from('{"events":['), ...rows, Buffer.from(']}')];
  await post(order.destinationKey, `/v1/${type}/${id}/insert`, body);
}

async function moveSpliced(page: PumpOrder['pages'][number]): Promise<void> {
  const read = scanPage(Buffer.concat(await readPage(page, 'jsonl')), 'jsonl');
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
