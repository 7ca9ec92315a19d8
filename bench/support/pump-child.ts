import { scanPage } from '../../src/streams/scan-page.ts';
import { splicePage } from '../../src/streams/splice-page.ts';
import { spliceRule } from '../../src/streams/splice-rule.ts';
import { RawConnection } from './raw-connection.ts';
import type { Place } from './stream-org.ts';

/*
 * The yardsticks: as many lanes as argument 1 says, each of which reads a page and writes it. Where the pages end was found
 * out before. `raw` looks at no byte of them; `splice` does to each row what a copy does. Neither keeps any order. Each lane has
 * a connection of its own, whose answers lie in memory that is used again: what is measured is bytes, not a client.
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

/** The body of an answer; good until the answer after the next one of the same connection. */
async function post(connection: RawConnection, key: string, path: string, pieces: readonly Buffer[]): Promise<Buffer> {
  const headers = `authorization: Bearer ${key}\r\ncontent-type: application/json\r\n`;
  const { status, body } = await connection.request('POST', path, headers, pieces);
  if (status !== 200) throw new Error(`POST ${path} answered ${status}: ${body.toString('utf8', 0, 300)}`);
  return body;
}

function readPage(connection: RawConnection, page: PumpOrder['pages'][number], fmt: 'json' | 'jsonl'): Promise<Buffer> {
  const bounds = [
    ...(page.after === null ? [] : [`_pagination_key > '${page.after}'`]),
    `_pagination_key <= '${page.upTo}'`,
  ];
  const query = `select: *\nfrom: ${page.source.type}('${page.source.id}') spans\nfilter: ${bounds.join(' and ')}\nsort: _pagination_key asc\nlimit: 1000`;
  const body = Buffer.from(JSON.stringify({ query, fmt, brainstore_realtime: true }));
  return post(connection, order.sourceKey, '/btql', [body]);
}

async function moveRaw(connection: RawConnection, page: PumpOrder['pages'][number]): Promise<void> {
  const answer = await readPage(connection, page, 'json');
  const end = answer.lastIndexOf('],"schema"');
  if (end === -1) throw new Error('an answer has no rows');
  const rows = answer.subarray('{"data":['.length, end);
  const { type, id } = page.destination;
  const body = [Buffer.from('{"events":['), rows, Buffer.from(']}')];
  await post(connection, order.destinationKey, `/v1/${type}/${id}/insert`, body);
}

async function moveSpliced(connection: RawConnection, page: PumpOrder['pages'][number]): Promise<void> {
  const read = scanPage(await readPage(connection, page, 'jsonl'), 'jsonl');
  const pair = { sourceId: page.source.id, destinationId: page.destination.id };
  const stream = page.source.type === 'experiment' ? 'experiment_rows' : 'logs';
  const spliced = splicePage(read, spliceRule(stream, [pair], { skipAsyncScoring: false }), NO_LOOKUP);
  // The page is small enough for one write, and its rows stand beside one another.
  const rows = spliced.bytes.subarray(spliced.starts[0], spliced.ends[spliced.count - 1]);
  const body = [Buffer.from('{"rows":['), rows, Buffer.from('],"api_version":2}')];
  await post(connection, order.destinationKey, '/logs3', body);
}

const connections = await Promise.all(Array.from({ length: order.lanes }, () => RawConnection.open(order.url)));
const started = performance.now();
const before = process.cpuUsage();
let next = 0;
const lane = async (connection: RawConnection): Promise<void> => {
  for (let page = order.pages[next++]; page !== undefined; page = order.pages[next++]) {
    await (order.kind === 'raw' ? moveRaw : moveSpliced)(connection, page);
  }
};
await Promise.all(connections.map(lane));
const { user, system } = process.cpuUsage(before);
const { maxRSS } = process.resourceUsage();
process.send?.({
  seconds: (performance.now() - started) / 1000,
  cpuSeconds: (user + system) / 1e6,
  peakBytes: maxRSS * 1024,
});
for (const connection of connections) connection.close();
process.disconnect?.();
