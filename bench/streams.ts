import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoggedRequest } from '../emulator/request-log.ts';
import { BT_BINARY, btEnvironment, hasBt } from '../test/support/bt-cli.ts';
import { type Arrival, compareRows } from './support/compare-rows.ts';
import type { PumpOrder } from './support/pump-child.ts';
import { runMeasured } from './support/run-measured.ts';
import { keyOf, type Place, PROJECT, post, SOURCE, type StreamCase, StreamOrgs } from './support/stream-org.ts';

/*
 * How fast rows are copied, beside the least that any client can do and beside the official `bt`:
 *   npm run build && node --import ./test/support/typescript-loader.mjs bench/streams.ts [--cases a,b] [--scale 0.1] [--only raw,apply]
 * Each case has an emulator in a process of its own and a fresh destination org for everybody. The server is warm: where
 * there is more than one to compare, all rows are pumped a few times before, into orgs that nobody looks at. Time runs from the
 * first page that is asked for to the last write that is answered, as the server saw it; CPU is that of the whole process,
 * which for `bt` and `apply` includes starting and listing.
 */
const BINARY = fileURLToPath(new URL('../bin/bt-migrate.js', import.meta.url));
const PUMP = fileURLToPath(new URL('support/pump-child.ts', import.meta.url));
const LOADER = new URL('../test/support/typescript-loader.mjs', import.meta.url).href;
/** Requests of a pump at once. Without latency more of them only need more memory, and are slower. */
const LANES = { slow: 32, prompt: 4 };
/** What goes before, so that nobody is measured while the server compiles its code; each into an org of its own. */
const WARM_UPS: readonly PumpOrder['kind'][] = ['raw', 'splice', 'raw', 'splice', 'raw'];
const SLOW = { btql: 100, write_rows: 60, blob: 60 };

const CASES: Readonly<Record<string, StreamCase>> = {
  a: { title: '100,000 rows of 2 KB', rows: 100_000, rowBytes: 2048, containers: 1, latency: {}, limit: null },
  b: { title: 'the same, latency', rows: 100_000, rowBytes: 2048, containers: 1, latency: SLOW, limit: null },
  c: { title: '20,000 rows of 20 KB', rows: 20_000, rowBytes: 20_480, containers: 1, latency: {}, limit: null },
  d: {
    title: '150,000 rows of 2 KB in 100 experiments, latencies as in b',
    rows: 150_000,
    rowBytes: 2048,
    containers: 100,
    latency: SLOW,
    limit: null,
  },
  e: {
    title: '20,000 rows of 2 KB, 20 queries a minute',
    rows: 20_000,
    rowBytes: 2048,
    containers: 1,
    latency: {},
    limit: 20,
  },
  f: {
    title: '50,000 rows of 2 KB, for memory',
    rows: 50_000,
    rowBytes: 2048,
    containers: 1,
    latency: {},
    limit: null,
  },
  F: {
    title: '1,000,000 rows of 2 KB, for memory',
    rows: 1_000_000,
    rowBytes: 2048,
    containers: 1,
    latency: {},
    limit: null,
  },
};
const CONTENDERS = ['raw', 'splice', 'bt', 'apply'] as const;
type Contender = (typeof CONTENDERS)[number];

interface Result {
  /** Null where only the server's log knows. */
  readonly seconds: number | null;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly failed: string | null;
}

const scale = Number(flag('--scale') ?? 1);
const only = flag('--only')?.split(',') ?? [...CONTENDERS];

function flag(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

const folder = mkdtempSync(join(tmpdir(), 'bt-migrate-streams-'));

async function measure(name: string): Promise<void> {
  const whole = CASES[name];
  if (whole === undefined) throw new Error(`no case ${name}; there are ${Object.keys(CASES).join(', ')}`);
  const rows = Math.max(whole.containers, Math.round((whole.rows * scale) / whole.containers) * whole.containers);
  const one = { ...whole, rows };
  const orgOf = (contender: Contender): string => `Acme ${contender}`;
  const contenders = CONTENDERS.filter((contender) => only.includes(contender) && isFor(contender, name));
  const warmUps = contenders.length > 1 ? WARM_UPS.map((kind, n) => ({ kind, org: `Acme warm-up ${n + 1}` })) : [];
  const orgs = await StreamOrgs.start(one, [...warmUps.map(({ org }) => org), ...contenders.map(orgOf)]);
  for (const { kind, org } of warmUps) await (await preparePump(kind, org, one, orgs)).run();
  console.log(`\n${name}) ${one.title}${scale === 1 ? '' : `, times ${scale}`}`);
  console.log(
    '| who | rows/s | MB/s | seconds | CPU s/100k rows | server CPU s/100k | peak MB | reads | refused | writes | lost | rewritten | changed | in order |',
  );
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|');
  try {
    for (const contender of contenders) await run(contender, orgOf(contender), one, orgs);
  } finally {
    await orgs.server.close();
  }
}

/** Yardsticks do not wait for rate limits; memory is about us. */
function isFor(contender: Contender, name: string): boolean {
  if (name === 'f' || name === 'F') return contender === 'apply';
  return contender === 'apply' || (contender === 'bt' ? hasBt : name !== 'e');
}

async function run(contender: Contender, org: string, one: StreamCase, orgs: StreamOrgs): Promise<void> {
  const prepared = await PREPARE[contender](org, one, orgs);
  await orgs.control('DELETE', 'requests');
  await orgs.setLimit(one.limit);
  const before = await orgs.server.usage();
  const result = await prepared.run();
  const after = await orgs.server.usage();
  await orgs.setLimit(null);
  const seen = await requestsSeen(orgs);
  const seconds = result.seconds ?? seen.seconds;
  const arrivals = result.failed === null ? await compare(org, orgs, await prepared.destination()) : null;
  const hundreds = one.rows / 100_000;
  const total = (pick: (arrival: Arrival) => number): string =>
    arrivals === null ? '-' : String(arrivals.reduce((sum, arrival) => sum + pick(arrival), 0));
  const cells = [
    contender,
    Math.round(one.rows / seconds),
    ((one.rows * one.rowBytes) / 1e6 / seconds).toFixed(0),
    seconds.toFixed(2),
    (result.cpuSeconds / hundreds).toFixed(2),
    ((after.cpuSeconds - before.cpuSeconds) / hundreds).toFixed(2),
    (result.peakBytes / 2 ** 20).toFixed(0),
    seen.reads,
    seen.refused,
    seen.writes,
    total(({ lost }) => lost),
    total(({ rewritten }) => rewritten),
    total(({ changed }) => changed),
    arrivals === null ? result.failed : arrivals.every(({ inOrder }) => inOrder) ? 'yes' : 'no',
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

type Prepared = { run(): Promise<Result>; destination(): Promise<readonly Place[]> };
type Prepare = (org: string, one: StreamCase, orgs: StreamOrgs) => Promise<Prepared>;
const PREPARE: Readonly<Record<Contender, Prepare>> = {
  raw: (org, one, orgs) => preparePump('raw', org, one, orgs),
  splice: (org, one, orgs) => preparePump('splice', org, one, orgs),
  bt: prepareBt,
  apply: prepareApply,
};

async function preparePump(kind: PumpOrder['kind'], org: string, one: StreamCase, orgs: StreamOrgs): Promise<Prepared> {
  const { url } = orgs.server;
  const destination = await orgs.createIn(org, one);
  await orgs.control('POST', 'latency', {});
  const pages: PumpOrder['pages'][number][] = [];
  for (const [n, source] of orgs.source.entries()) {
    const ends = await pageEnds(url, source, Math.max(1, Math.min(1000, Math.floor((2.4 * 2 ** 20) / one.rowBytes))));
    for (const [at, upTo] of ends.entries()) {
      pages.push({ source, destination: destination[n] as Place, after: ends[at - 1] ?? null, upTo });
    }
  }
  await orgs.control('POST', 'latency', one.latency);
  const lanes = one.latency === SLOW ? LANES.slow : LANES.prompt;
  const order: PumpOrder = { url, sourceKey: SOURCE.key, destinationKey: keyOf(org), lanes, kind, pages };
  const run = async (): Promise<Result> => {
    const child = fork(PUMP, [JSON.stringify(order)], { execArgv: ['--import', LOADER] });
    let measured: Omit<Result, 'failed'> | undefined;
    child.on('message', (message) => {
      measured = message as Omit<Result, 'failed'>;
    });
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    return measured === undefined
      ? { seconds: 0, cpuSeconds: 0, peakBytes: 0, failed: `ended with ${code}` }
      : { ...measured, failed: null };
  };
  return { run, destination: async () => destination };
}

/** The last key of each page. */
async function pageEnds(url: string, { type, id }: Place, rows: number): Promise<string[]> {
  const query = `select: _pagination_key | from: ${type}('${id}') | sort: _pagination_key asc`;
  const bytes = await post(url, SOURCE.key, '/btql', JSON.stringify({ query, fmt: 'json' }));
  const { data } = JSON.parse(bytes.toString('utf8')) as { data: { _pagination_key: string }[] };
  return data.map((row) => row._pagination_key).filter((_, n) => (n + 1) % rows === 0 || n === data.length - 1);
}

async function prepareBt(org: string, one: StreamCase, orgs: StreamOrgs): Promise<Prepared> {
  const home = mkdtempSync(join(folder, 'bt-'));
  const destination = await orgs.createIn(org, one);
  const { url } = orgs.server;
  const run = async (): Promise<Result> => {
    const started = performance.now();
    let [cpuSeconds, peakBytes] = [0, 0];
    let failed: string | null = null;
    const bt = async (as: { name: string; key: string }, ...args: string[]): Promise<void> => {
      if (failed !== null) return;
      const measured = await runMeasured(BT_BINARY, ['sync', ...args], {
        cwd: home,
        env: btEnvironment(home, url, as),
      });
      cpuSeconds += measured.cpuSeconds;
      peakBytes = Math.max(peakBytes, measured.peakBytes);
      if (measured.exitCode !== 0) failed = `${args[0]} ended with ${measured.exitCode}`;
    };
    for (const [n, { type, id }] of orgs.source.entries()) {
      const target = type === 'experiment' ? `experiment:Run ${String(n).padStart(3, '0')}` : `project_logs:${PROJECT}`;
      const pulled = `pulled-${n}`;
      await bt(SOURCE, 'pull', `${type}:${id}`, '--spans', '100000000', '--window', '3650d', '--root', pulled);
      const path = failed === null ? pulledFolder(home, pulled) : '';
      await bt({ name: org, key: keyOf(org) }, 'push', target, '-p', PROJECT, '--in', path, '--force');
    }
    return { seconds: (performance.now() - started) / 1000, cpuSeconds, peakBytes, failed };
  };
  return { run, destination: async () => destination };
}

async function prepareApply(org: string, one: StreamCase, orgs: StreamOrgs): Promise<Prepared> {
  const { url } = orgs.server;
  const cwd = mkdtempSync(join(folder, 'apply-'));
  writeFileSync(
    join(cwd, 'migration.yaml'),
    `version: 1\nsource: { url: "${url}", org: ${SOURCE.name} }\ndestination: { url: "${url}", org: ${org} }\n`,
  );
  const env = { PATH: process.env.PATH, BT_SOURCE_API_KEY: SOURCE.key, BT_DEST_API_KEY: keyOf(org) };
  const command = async (...args: string[]): Promise<Result> => {
    const measured = await runMeasured(process.execPath, [BINARY, ...args], { cwd, env });
    const failed = measured.exitCode === 0 ? null : `ended with ${measured.exitCode}: ${measured.stderr.slice(-300)}`;
    return { ...measured, seconds: null, failed };
  };
  const planned = await command('plan', '-o', 'plan.out');
  if (planned.failed !== null) throw new Error(`plan ${planned.failed}`);
  const list = async (path: string): Promise<{ id: string; name: string }[]> => {
    const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${keyOf(org)}` } });
    return ((await response.json()) as { objects: { id: string; name: string }[] }).objects;
  };
  return {
    run: () => command('apply', 'plan.out', '--auto-approve'),
    destination: async () => {
      const [project] = await list('/v1/project');
      if (one.containers === 1) return [{ type: 'project_logs', id: project?.id ?? '' }];
      const experiments = await list(`/v1/experiment?project_id=${project?.id}&limit=1000`);
      experiments.sort((a, b) => (a.name < b.name ? -1 : 1));
      return experiments.map(({ id }) => ({ type: 'experiment', id }));
    },
  };
}

/** Where `bt sync pull` left its rows below a folder. */
function pulledFolder(home: string, root: string): string {
  const found = readdirSync(join(home, root), { recursive: true }).map(String);
  const file = found.find((name) => name.endsWith('.jsonl'));
  if (file === undefined) throw new Error(`bt left no rows: ${found.join(', ')}`);
  return join(root, dirname(file));
}

interface Seen {
  readonly seconds: number;
  readonly reads: number;
  readonly refused: number;
  readonly writes: number;
}

/** What the server saw of rows since its log was cleared. */
async function requestsSeen(orgs: StreamOrgs): Promise<Seen> {
  const { requests } = (await orgs.control('GET', 'requests')) as { requests: LoggedRequest[] };
  const queries = requests.filter(({ path }) => path === '/btql');
  const writes = requests.filter(({ path }) => path.startsWith('/logs3') || path.endsWith('/insert'));
  const moved = [...queries.filter(({ body }) => body?.includes('select: *') !== false), ...writes];
  const ends = moved.map(({ at, milliseconds }) => [at - milliseconds, at] as const);
  const first = Math.min(...ends.map(([start]) => start));
  const last = Math.max(...ends.map(([, end]) => end));
  return {
    seconds: (last - first) / 1000,
    reads: queries.filter(({ status }) => status === 200).length,
    refused: queries.filter(({ status }) => status === 429).length,
    writes: writes.length,
  };
}

function compare(org: string, orgs: StreamOrgs, destination: readonly Place[]): Promise<Arrival[]> {
  const { url } = orgs.server;
  return Promise.all(orgs.source.map((source, n) => compareRows(url, org, source, destination[n] as Place)));
}

try {
  console.log(`node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'} x ${cpus().length}`);
  for (const name of (flag('--cases') ?? 'a,b,c,d,e,f,F').split(',')) await measure(name);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
