import { parseJson } from '../domain/parse-json.ts';
import type { PageEnvelope, RowPage } from '../domain/stream.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  decodeText,
  MalformedJsonError,
  OPEN_BRACE,
  OPEN_BRACKET,
  skipKey,
  skipSpace,
  skipString,
  skipValue,
} from './json-bytes.ts';

/** How a BTQL answer is written (fact sheet 5.2): a row a line, or `{"data": […rows], …}`. */
export type PageFormat = 'jsonl' | 'json';

/** What every reference to an attachment holds (fact sheet 6). */
const ATTACHMENT = Buffer.from('braintrust_attachment');
const NEWLINE = 0x0a;
const NO_ENVELOPE: PageEnvelope = { cursor: null, realtimeState: null, freshnessState: null };

/**
 * Finds the rows of a BTQL answer without reading them. A `jsonl` answer is cut at newlines, which JSON cannot hold, and
 * a damaged row is found when it is spliced, so that it costs itself only. A `json` answer is checked whole, because
 * nothing else tells where a row ends; `jsonl` is the cheaper form.
 * Throws MalformedJsonError: a `json` answer that is damaged, or a line that is not in braces.
 */
export function scanPage(bytes: Buffer, format: PageFormat): RowPage {
  const rows = new RowBounds();
  const envelope = format === 'jsonl' ? scanLines(bytes, rows) : scanEnvelope(bytes, rows);
  const { count, starts, ends } = rows;
  return { bytes, count, starts, ends, attachments: findAttachments(bytes, rows), envelope };
}

class RowBounds {
  count = 0;
  starts = new Uint32Array(1024);
  ends = new Uint32Array(1024);

  add(start: number, end: number): void {
    if (this.count === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
  }
}

function doubled(full: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(full.length * 2);
  larger.set(full);
  return larger;
}

function scanLines(bytes: Buffer, rows: RowBounds): PageEnvelope {
  let at = 0;
  while (at < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, at);
    const lineEnd = newline < 0 ? bytes.length : newline;
    const start = skipSpace(bytes, at);
    if (start < lineEnd) {
      let end = lineEnd;
      while (isSpace(bytes[end - 1])) end--;
      if (bytes[start] !== OPEN_BRACE || bytes[end - 1] !== CLOSE_BRACE) {
        throw new MalformedJsonError('Expected a row on a line of its own', start);
      }
      rows.add(start, end);
    }
    at = lineEnd + 1;
  }
  return NO_ENVELOPE;
}

function isSpace(c: number | undefined): boolean {
  return c === 0x20 || c === 0x0d || c === 0x09;
}

/** Walks `{"data": […], "cursor": …, …}`; members that nobody asked for are only skipped. */
function scanEnvelope(bytes: Buffer, rows: RowBounds): PageEnvelope {
  const found = { ...NO_ENVELOPE } as { -readonly [name in keyof PageEnvelope]: PageEnvelope[name] };
  let hasData = false;
  let i = skipSpace(bytes, 0);
  if (bytes[i] !== OPEN_BRACE) throw new MalformedJsonError('Expected an object', i);
  i = skipSpace(bytes, i + 1);
  while (bytes[i] !== CLOSE_BRACE) {
    const value = skipKey(bytes, i);
    const name = decodeText(bytes, i + 1, skipString(bytes, i) - 1);
    if (name === 'data') {
      if (hasData) throw new MalformedJsonError('Rows twice', i);
      hasData = true;
      i = scanRows(bytes, value, rows);
    } else {
      i = skipValue(bytes, value);
      if (name === 'cursor') found.cursor = readCursor(bytes, value, i);
      else if (name === 'realtime_state') found.realtimeState = parseJson(bytes.toString('utf8', value, i));
      else if (name === 'freshness_state') found.freshnessState = parseJson(bytes.toString('utf8', value, i));
    }
    i = skipSpace(bytes, i);
    if (bytes[i] === COMMA) {
      i = skipSpace(bytes, i + 1);
      if (bytes[i] === CLOSE_BRACE) throw new MalformedJsonError('Expected a key', i);
    } else if (bytes[i] !== CLOSE_BRACE) throw new MalformedJsonError('Expected , or }', i);
  }
  if (!hasData) throw new MalformedJsonError('Expected rows under "data"', i);
  if (skipSpace(bytes, i + 1) !== bytes.length) throw new MalformedJsonError('Expected the answer to end', i + 1);
  return found;
}

function readCursor(bytes: Buffer, start: number, end: number): string | null {
  const cursor = parseJson(bytes.toString('utf8', start, end));
  if (cursor === null || typeof cursor === 'string') return cursor;
  throw new MalformedJsonError('Expected a cursor', start);
}

function scanRows(bytes: Buffer, at: number, rows: RowBounds): number {
  if (bytes[at] !== OPEN_BRACKET) throw new MalformedJsonError('Expected a list of rows', at);
  let i = skipSpace(bytes, at + 1);
  if (bytes[i] === CLOSE_BRACKET) return i + 1;
  for (;;) {
    if (bytes[i] !== OPEN_BRACE) throw new MalformedJsonError('Expected a row', i);
    const end = skipValue(bytes, i);
    rows.add(i, end);
    i = skipSpace(bytes, end);
    if (bytes[i] === CLOSE_BRACKET) return i + 1;
    if (bytes[i] !== COMMA) throw new MalformedJsonError('Expected , or ]', i);
    i = skipSpace(bytes, i + 1);
  }
}

/** One native search over the page instead of one a row, which would run on to the end of the page each time. */
function findAttachments(bytes: Buffer, rows: RowBounds): Uint8Array | null {
  let at = bytes.indexOf(ATTACHMENT);
  if (at < 0) return null;
  const flags = new Uint8Array(rows.count);
  for (let n = 0; n < rows.count && at >= 0; n++) {
    const end = rows.ends[n] as number;
    if (at < (rows.starts[n] as number)) at = bytes.indexOf(ATTACHMENT, rows.starts[n]);
    if (at < 0 || at >= end) continue;
    flags[n] = 1;
    at = bytes.indexOf(ATTACHMENT, end);
  }
  return flags;
}
