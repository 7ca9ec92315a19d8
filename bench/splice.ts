import type { ReferenceLookup } from '../src/streams/reference-lookup.ts';
import { type PageFormat, scanPage } from '../src/streams/scan-page.ts';
import { splicePage } from '../src/streams/splice-page.ts';
import { spliceRow } from '../src/streams/splice-row.ts';
import { spliceRule } from '../src/streams/splice-rule.ts';
import { newSplicedRow } from '../src/streams/spliced-row.ts';
import { bodyOf, runOf } from '../src/streams/write/row-batch.ts';

/*
 * How many bytes of rows the byte-level path handles on one core, beside JSON.parse and JSON.stringify of the same rows:
 *   node --import ./test/support/typescript-loader.mjs bench/splice.ts [--rounds 15]
 * Counts CPU time, not wall time, so that other programs on the machine weigh less; all contestants take turns in every
 * round. MB/s is bytes of source rows. To reach (issue 4): 400 MB/s at 2 KB for scan and splice.
 */
const PAGE_BYTES = 4_000_000;
const TARGET = 400;
const SOURCE = '1b2ae2fe-0000-4000-8000-000000000000';
const DESTINATION = '2b2ae2fe-0000-4000-8000-000000000000';

const roundsAt = process.argv.indexOf('--rounds');
const rounds = roundsAt < 0 ? 15 : Number(process.argv[roundsAt + 1]);
const rule = spliceRule('logs', [{ sourceId: SOURCE, destinationId: DESTINATION }], { skipAsyncScoring: false });
const lookup: ReferenceLookup = { objectId: () => DESTINATION, attachmentKey: null };

type Row = Record<string, unknown>;

/** A log row as the service returns it: every column, alphabetical (fact sheet 4.1). */
function logRow(n: number, size: number, origin: Row | null): string {
  const id = `row-${String(n).padStart(9, '0')}`;
  const row = {
    _async_scoring_state: null,
    _pagination_key: `p${String(n).padStart(20, '0')}`,
    _xact_id: '1000196263812939782',
    audit_data: [{ _xact_id: '1000196263812939782', audit_data: { action: 'upsert' }, metadata: {}, source: 'api' }],
    classifications: null,
    comments: null,
    context: null,
    created: '2026-01-05T10:00:00.000Z',
    error: null,
    expected: null,
    facets: null,
    id,
    input: {
      messages: [{ role: 'user', content: 'Where is my "order"?\n'.repeat(Math.min(25, Math.floor(size / 90))) }],
    },
    is_root: true,
    log_id: 'g',
    metadata: { model: 'gpt-5-mini', user_id: `user-${n % 97}`, temperature: 0.2 },
    metrics: { start: 1_767_225_600.123, end: 1_767_225_601.456, tokens: 512 },
    org_id: '0b2ae2fe-0000-4000-8000-000000000000',
    origin,
    output: { role: 'assistant', content: '' },
    project_id: SOURCE,
    root_span_id: id,
    scores: { helpfulness: 0.75 },
    span_attributes: { name: 'answer', type: 'llm' },
    span_id: id,
    span_parents: null,
    tags: ['support'],
  };
  row.output.content = 'It left our warehouse. '
    .repeat(size / 23 + 1)
    .slice(0, Math.max(0, size - JSON.stringify(row).length));
  return JSON.stringify(row);
}

/** A row with few columns: 200 bytes. */
function smallRow(n: number): string {
  const id = `row-${String(n).padStart(9, '0')}`;
  const row = { _xact_id: '1000196263812939782', id, input: 'Where is my order?', project_id: SOURCE, tags: ['eu'] };
  return JSON.stringify({ ...row, output: 'On its way.'.padEnd(200 - 22 - JSON.stringify(row).length + 9, '.') });
}

const origin = { object_type: 'dataset', object_id: SOURCE, id: 'case-0', _xact_id: '1000196263812939782' };
const SHAPES: readonly (readonly [string, (n: number) => string])[] = [
  ['200 B', smallRow],
  ['2 KB', (n) => logRow(n, 2048, null)],
  ['2 KB with origin', (n) => logRow(n, 2048, origin)],
  ['20 KB', (n) => logRow(n, 20_480, null)],
];

function spliceLines(page: Buffer, target: Buffer): void {
  const { count, starts, ends } = scanPage(page, 'jsonl');
  const row = newSplicedRow();
  const ahead = count * rule.growth;
  target.set(page, ahead);
  let at = 0;
  for (let n = 0; n < count; n++) {
    const start = starts[n] as number;
    at = spliceRow(page, start, ends[n] as number, target, start + ahead, at, rule, row);
  }
}

/** What a copy does with a page: references and request bodies included. */
function wholePath(page: Buffer, format: PageFormat): void {
  const source = splicePage(scanPage(page, format), rule, lookup);
  bodyOf(runOf([{ source, from: 0, to: source.count }]));
}

function parseLines(page: Buffer): void {
  const rows = page
    .toString('utf8')
    .split('\n')
    .map((line) => {
      const { _xact_id, _pagination_key, org_id, is_root, audit_data, _async_scoring_state, ...row } = JSON.parse(
        line,
      ) as Row;
      return JSON.stringify({ ...row, project_id: DESTINATION, log_id: 'g' });
    });
  Buffer.from(`{"rows":[${rows.join(',')}],"api_version":2}`);
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

console.log(`${rounds} rounds of ${PAGE_BYTES / 1e6} MB, MB per CPU second, median (best)\n`);
console.log(
  '| rows | scan + splice | whole path, jsonl | whole path, json | JSON.parse + stringify | splice : parse | CPU s per 100,000 rows |',
);
console.log('|---|---:|---:|---:|---:|---:|---:|');
let atTwoKilobytes = 0;
for (const [shape, rowOf] of SHAPES) {
  const rows: string[] = [];
  for (let bytes = 0; bytes < PAGE_BYTES; bytes += (rows.at(-1) as string).length + 1) rows.push(rowOf(rows.length));
  const lines = Buffer.from(rows.join('\n'));
  const whole = Buffer.from(`{"data":[${rows.join(',')}],"cursor":"aRSfz93lAAA"}`);
  const target = Buffer.alloc(lines.length * 2);
  const contestants = [
    () => spliceLines(lines, target),
    () => wholePath(lines, 'jsonl'),
    () => wholePath(whole, 'json'),
    () => parseLines(lines),
  ];
  for (const work of contestants) for (let n = 0; n < 3; n++) work();
  const times = contestants.map((): number[] => []);
  for (let n = 0; n < rounds; n++) for (const [i, work] of contestants.entries()) times[i]?.push(cpuSeconds(work));
  const speed = (seconds: number): string => String(Math.round(lines.length / 1e6 / seconds));
  const [splice = 0, , , parse = 0] = times.map(median);
  const cells = times.map((all) => `${speed(median(all))} (${speed(Math.min(...all))})`);
  const per100k = ((splice / rows.length) * 100_000).toFixed(2);
  console.log(`| ${shape} | ${cells.join(' | ')} | ${(parse / splice).toFixed(1)} | ${per100k} |`);
  if (shape === '2 KB') atTwoKilobytes = lines.length / 1e6 / splice;
}
console.log(`\n${atTwoKilobytes >= TARGET ? 'reached' : 'NOT reached'}: ${TARGET} MB/s at 2 KB`);
