import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { ForkedServer, forkEmulator } from '../test/support/forked-server.ts';
import { RowClient } from './support/row-client.ts';

/*
 * How fast the emulator moves rows, seen from a client that does nothing with them:
 *   node --import ./test/support/typescript-loader.mjs bench/emulator.ts [--rows 100000] [--seed-rows 1000000] [--runs 5]
 * The server runs in its own process and its CPU time is measured there. "both ways" reads one project and inserts what
 * it reads into another at the same time; a row counts once for it. "other rows" inserts rows that are not the ones read,
 * which the server has to find memory for. "overflow" inserts as SDKs do above the inline limit: announce, upload, commit.
 * "bytes only" moves as many bytes both ways through a server of node:http that looks at none of them: what that costs on
 * this machine at this moment. Every run inserts rows that were never seen before; a first one, in which code is compiled
 * and memory is found, is not counted.
 */
const KEY = 'sk-bench';
const ROW_BYTES = 2048;
const PAGE = 1000;
const LANES = 4;
/** To reach (issue 3, point 5): rows/s and server CPU seconds per 100,000 rows both ways; seconds to seed a million. */
const TARGET = { rowsPerSecond: 200_000, cpuSeconds: 0.5, seedSeconds: 120 };

interface Bench {
  readonly emulator: ForkedServer;
  /** One a lane. */
  readonly clients: readonly RowClient[];
  readonly bytesServer: ForkedServer;
  readonly bytesClients: readonly RowClient[];
}

interface Sample {
  readonly rowsPerSecond: number;
  readonly cpuPer100k: number;
}

const options = {
  rows: argument('--rows', 100_000),
  seedRows: argument('--seed-rows', 1_000_000),
  runs: argument('--runs', 5),
};

function argument(name: string, fallback: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

/** Pages of generated log rows of 2 KB; the ids differ from page to page. */
function generatePage(first: number): Buffer {
  const rows = Array.from({ length: PAGE }, (_, n) => {
    const id = `row-${String(first + n).padStart(9, '0')}`;
    const row = {
      id,
      span_id: id,
      root_span_id: id,
      span_parents: null,
      created: new Date(1_767_225_600_000 + first + n).toISOString(),
      input: { messages: [{ role: 'user', content: 'Where is my order? '.repeat(30) }] },
      output: { role: 'assistant', content: '' },
      metadata: { model: 'gpt-5-mini', user_id: `user-${n % 97}`, temperature: 0.2 },
      metrics: { start: 1_767_225_600.123, end: 1_767_225_601.456, tokens: 512 },
      scores: { helpfulness: 0.75 },
      span_attributes: { name: 'answer', type: 'llm' },
      tags: ['support'],
    };
    row.output.content = 'x'.repeat(Math.max(0, ROW_BYTES - JSON.stringify(row).length));
    return JSON.stringify(row);
  });
  return Buffer.from(rows.join(','));
}

async function measure(emulator: ForkedServer, rows: number, work: () => Promise<void>): Promise<Sample> {
  const before = await emulator.usage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const after = await emulator.usage();
  return { rowsPerSecond: rows / seconds, cpuPer100k: ((after.cpuSeconds - before.cpuSeconds) / rows) * 100_000 };
}

/** Runs `lane` over the page numbers, in a lane for each client. */
async function inLanes(
  clients: readonly RowClient[],
  pages: number,
  lane: (client: RowClient, page: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const run = async (client: RowClient): Promise<void> => {
    for (let page = next++; page < pages; page = next++) await lane(client, page);
  };
  await Promise.all(clients.map(run));
}

function openClients(url: string): Promise<RowClient[]> {
  return Promise.all(Array.from({ length: LANES }, () => RowClient.open(url, KEY)));
}

function generatePages(first: number): Buffer[] {
  return Array.from({ length: Math.ceil(options.rows / PAGE) }, (_, n) => generatePage(first + n * PAGE));
}

/** The last key of each of a project's pages, so that lanes can read pages in any order. */
async function pageEnds(client: RowClient, project: string): Promise<string[]> {
  const ends: string[] = [];
  for (;;) {
    const page = await client.page(project, ends.at(-1) ?? null, null, PAGE);
    if (page === null) return ends;
    ends.push(page.lastKey);
  }
}

async function run({ emulator, clients, bytesServer, bytesClients }: Bench, n: number) {
  const [client] = clients as [RowClient];
  const create = async (name: string) => String((await client.json('/v1/project', { name: `${name} ${n}` })).id);
  const insertPages = (project: string, pages: readonly Buffer[]) =>
    inLanes(clients, pages.length, (lane, page) => lane.insert(project, pages[page] as Buffer));
  const source = await create('source');
  const first = generatePages(n * 3 * options.rows);
  const insert = await measure(emulator, options.rows, () => insertPages(source, first));
  const ends = await pageEnds(client, source);
  const readPage = (lane: RowClient, page: number) =>
    lane.page(source, ends[page - 1] ?? null, ends[page] ?? null, PAGE);
  const read = await measure(emulator, options.rows, () =>
    inLanes(clients, ends.length, async (lane, page) => {
      await readPage(lane, page);
    }),
  );
  const destination = await create('destination');
  const both = await measure(emulator, options.rows, () =>
    inLanes(clients, ends.length, async (lane, page) => {
      const found = await readPage(lane, page);
      if (found !== null) await lane.insert(destination, found.rows);
    }),
  );
  const elsewhere = await create('elsewhere');
  const second = generatePages((n * 3 + 1) * options.rows);
  const other = await measure(emulator, options.rows, () =>
    inLanes(clients, ends.length, async (lane, page) => {
      await readPage(lane, page);
      await lane.insert(elsewhere, second[page] as Buffer);
    }),
  );
  const aside = await create('aside');
  const third = generatePages((n * 3 + 2) * options.rows);
  const overflow = await measure(emulator, options.rows, () =>
    inLanes(clients, third.length, (lane, page) => lane.insertByOverflow(aside, third[page] as Buffer)),
  );
  const bytesOnly = await measure(bytesServer, options.rows, () =>
    inLanes(bytesClients, ends.length, (lane) => lane.pump()),
  );
  return { insert, overflow, read, both, other, bytesOnly };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function line(name: string, samples: readonly Sample[]): string {
  const rate = median(samples.map(({ rowsPerSecond }) => rowsPerSecond));
  const cpu = median(samples.map(({ cpuPer100k }) => cpuPer100k));
  const spread = samples.map(({ rowsPerSecond }) => Math.round(rowsPerSecond / 1000)).join(' ');
  const cells = [name.padEnd(12), String(Math.round(rate)).padStart(9), cpu.toFixed(2).padStart(11)];
  const against = [(rate / TARGET.rowsPerSecond).toFixed(2), (cpu / TARGET.cpuSeconds).toFixed(2)];
  return `${cells.join('  ')}  ${against[0]?.padStart(9)}  ${against[1]?.padStart(9)}   ${spread}`;
}

async function benchRates(): Promise<void> {
  const emulator = await forkEmulator({ orgs: [{ name: 'Acme Bench', key: KEY }] });
  const pageBytes = generatePage(0).length;
  const bytesServer = await ForkedServer.start(
    new URL('support/loopback-child.ts', import.meta.url),
    String(pageBytes),
  );
  const [clients, bytesClients] = await Promise.all([openClients(emulator.url), openClients(bytesServer.url)]);
  const results = [];
  for (let n = 0; n <= options.runs; n++) results.push(await run({ emulator, clients, bytesServer, bytesClients }, n));
  results.shift();
  console.log(
    `${options.rows} rows of ${Math.round(pageBytes / PAGE)} bytes, ${LANES} lanes, median of ${options.runs} runs`,
  );
  console.log('              rows/s  CPU s/100k  of target  of target   thousand rows/s per run');
  const names = {
    insert: 'insert',
    overflow: 'overflow',
    read: 'read',
    both: 'both ways',
    other: 'other rows',
  } as const;
  for (const [key, name] of Object.entries(names)) {
    const samples = results.map((result) => result[key as keyof typeof names]);
    console.log(line(name, samples));
  }
  const both = results.map((result) => result.both);
  const bytesOnly = results.map((result) => result.bytesOnly);
  console.log(line('bytes only', bytesOnly));
  const ratio = (pick: (sample: Sample) => number): string =>
    (median(both.map(pick)) / median(bytesOnly.map(pick))).toFixed(2);
  console.log(
    `both ways against bytes only: ${ratio((sample) => sample.rowsPerSecond)} of the rate, ${ratio((sample) => sample.cpuPer100k)} times the CPU`,
  );
  for (const client of [...clients, ...bytesClients]) client.close();
  await Promise.all([emulator.close(), bytesServer.close()]);
}

async function benchSeeding(dataFile: string | null): Promise<void> {
  const emulator = await forkEmulator({
    orgs: [{ name: 'Acme Bench', key: KEY }],
    ...(dataFile === null ? {} : { dataFile }),
  });
  const clients = await openClients(emulator.url);
  const project = String((await clients[0]?.json('/v1/project', { name: 'seeded' }))?.id);
  const started = performance.now();
  await inLanes(clients, options.seedRows / PAGE, (lane, n) => lane.insert(project, generatePage(n * PAGE)));
  const seconds = (performance.now() - started) / 1000;
  const { cpuSeconds, rssBytes } = await emulator.usage();
  const kind = dataFile === null ? 'in memory' : 'in SQLite';
  console.log(
    `${options.seedRows} rows seeded ${kind}: ${seconds.toFixed(1)} s (${(seconds / TARGET.seedSeconds).toFixed(2)} of target), server ${cpuSeconds.toFixed(1)} CPU s, ${Math.round(rssBytes / 2 ** 20)} MiB`,
  );
  for (const client of clients) client.close();
  await emulator.close();
}

console.log(
  `node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'} x ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
);
await benchRates();
await benchSeeding(null);
const folder = mkdtempSync(join(tmpdir(), 'bt-migrate-bench-'));
try {
  await benchSeeding(join(folder, 'emulator.db'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
