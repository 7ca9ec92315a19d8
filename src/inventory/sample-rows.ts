import { BtMigrateError } from '../domain/errors.ts';
import { isObject, type Json, stringifyJson } from '../domain/json.ts';
import type { OrgReader } from '../domain/org.ts';
import { type RowBytes, type RowCount, type RowFilter, UNACCEPTED_COLUMNS } from '../domain/row-io.ts';
import { endsReading } from './list-failure.ts';

/** Rows of a sampled page, and the bytes that they should not exceed: several pages are held at once. */
const SAMPLE_ROWS = 50;
const SAMPLE_BYTES = 2 * 1024 * 1024;
/** Bytes of a row beside which what the server fills in does not count, so that it need not be parsed. */
const LARGE_ROW = 64 * 1024;
const NEWLINE = 0x0a;

/** A container whose rows are to be sampled. */
export interface Sampled {
  readonly count: RowCount;
  readonly filter: RowFilter;
}

/** Rows that were seen, and what they weigh when they are written. */
export interface Sample {
  readonly bytes: number;
  readonly rows: number;
}

/**
 * Reads the first and the last rows of containers, largest first within each stream, with at most `queries` pages; every
 * stream gets a page before any container gets its second. A page that cannot be read is left out.
 * @throws errors after which nothing more can be read.
 */
export async function sampleRows(
  containers: readonly Sampled[],
  reader: OrgReader,
  queries: number,
): Promise<ReadonlyMap<Sampled, Sample>> {
  const samples = new Map<Sampled, Sample>();
  const pages = choosePages(containers).slice(0, Math.max(0, queries));
  await Promise.all(
    pages.map(async ({ of, from }) => {
      const page = await readPage(of, from, reader);
      if (page === undefined) return;
      const seen = samples.get(of) ?? { bytes: 0, rows: 0 };
      const more = weigh(page);
      samples.set(of, { bytes: seen.bytes + more.bytes, rows: seen.rows + more.rows });
    }),
  );
  return samples;
}

interface SamplePage {
  readonly of: Sampled;
  readonly from: 'start' | 'end';
}

function choosePages(containers: readonly Sampled[]): SamplePage[] {
  const byStream = new Map<string, Sampled[]>();
  for (const of of [...containers].sort((a, b) => b.count.rows - a.count.rows)) {
    const { stream } = of.count.container;
    byStream.set(stream, [...(byStream.get(stream) ?? []), of]);
  }
  const queues = [...byStream.values()].map((members) =>
    members.flatMap((of): SamplePage[] => {
      const isLonger = of.count.rows > SAMPLE_ROWS && of.count.firstKey !== null;
      return isLonger
        ? [
            { of, from: 'start' },
            { of, from: 'end' },
          ]
        : [{ of, from: 'start' }];
    }),
  );
  const longest = Math.max(0, ...queues.map(({ length }) => length));
  return Array.from({ length: longest }, (_, place) => queues.flatMap((queue) => queue[place] ?? [])).flat();
}

async function readPage(
  { count, filter }: Sampled,
  from: 'start' | 'end',
  reader: OrgReader,
): Promise<RowBytes | undefined> {
  try {
    return await reader.readPage({
      containers: [count.container],
      filter: from === 'start' ? filter : { ...filter, keyAfter: keyNearEnd(count) },
      start: { at: from === 'start' ? 'after_key' : 'at_key' },
      rows: SAMPLE_ROWS,
      bytes: SAMPLE_BYTES,
    });
  } catch (error) {
    if (!(error instanceof BtMigrateError) || endsReading(error)) throw error;
    return undefined;
  }
}

/** A key that about `SAMPLE_ROWS` rows are behind, if rows came evenly; never behind the last key (fact sheet 4.2). */
export function keyNearEnd({ rows, firstKey, lastKey }: RowCount): string | null {
  if (firstKey === null || lastKey === null) return null;
  const [first, last] = [firstKey, lastKey].map((key) => (/^p\d{20}$/.test(key) ? BigInt(key.slice(1)) : undefined));
  if (first === undefined || last === undefined || last <= first) return lastKey;
  const share = ((last - first) * BigInt(SAMPLE_ROWS)) / BigInt(Math.max(rows, SAMPLE_ROWS));
  return `p${(last - share).toString().padStart(20, '0')}`;
}

/**
 * What rows weigh when they are written: without what the server fills in or owns (fact sheet 4.1). Only sizes are taken
 * from the parsed rows, so that numbers which JavaScript cannot hold do no harm.
 */
function weigh({ bytes, format }: RowBytes): Sample {
  const sizes = format === 'json' ? rowsOfDocument(bytes.toString('utf8')).map(sizeOf) : linesOf(bytes).map(sizeOfLine);
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), rows: sizes.length };
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, from);
    const to = newline < 0 ? bytes.length : newline;
    if (to > from) lines.push(bytes.subarray(from, to));
    from = to + 1;
  }
  return lines;
}

function sizeOfLine(line: Buffer): number {
  return line.length > LARGE_ROW ? line.length : sizeOf(parse(line.toString('utf8')));
}

function sizeOf(row: Json): number {
  return Buffer.byteLength(stringifyJson(written(row)));
}

const OWNED: ReadonlySet<string> = new Set([
  'audit_data',
  ...UNACCEPTED_COLUMNS,
  '_xact_id',
  '_pagination_key',
  'org_id',
  'is_root',
]);

function written(row: Json): Json {
  if (!isObject(row)) return row;
  return Object.fromEntries(Object.entries(row).filter(([key, value]) => value !== null && !OWNED.has(key)));
}

function rowsOfDocument(text: string): Json[] {
  const { data } = parse(text) as { data?: Json };
  return Array.isArray(data) ? data : [];
}

/** A row that cannot be read weighs what it weighs. */
function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
