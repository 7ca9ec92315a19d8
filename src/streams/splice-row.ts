import { BtMigrateError } from '../domain/errors.ts';
import {
  BACKSLASH,
  CLOSE_BRACE,
  COLON,
  COMMA,
  MalformedJsonError,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipColon,
  skipSpace,
  skipString,
  skipValue,
} from './json-bytes.ts';
import {
  ASYNC_SCORING_STATE,
  AUDIT_DATA,
  CONTROL,
  CREATED,
  columnOf,
  DATASET_RECORD_ID,
  endIfColumn,
  escapedColumnOf,
  ID,
  METADATA,
  NULLABLE,
  OBJECT_DELETE,
  ORIGIN,
  OTHER,
  OWNED,
  PAGINATION_KEY,
  XACT_ID,
} from './row-column.ts';
import { scanMetadata } from './scan-metadata.ts';
import type { SpliceRule } from './splice-rule.ts';
import { clearSplicedRow, LOST_COLUMNS, type SplicedRow } from './spliced-row.ts';

/*
 * Turns a row as it was read into a row to be written, in one pass over its bytes. The result is `{`, then the runs of
 * adjacent members that are kept, each run byte for byte as it was read and one comma between runs, then the rule's
 * columns, then `}`. So numbers, escapes, key order, white space and repeated keys of user data cannot change, because
 * nothing ever parses or prints them.
 *
 * Of repeated keys the last one counts, as in JSON.parse. A null that overrules an earlier value therefore stays.
 */
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const SPACE = 0x20;
/** What `row.container` is while no container is known: the row names none, or one that was not asked for. */
const UNSAID = -1;
const FOREIGN = -2;
const LOST_CONTROL = 1 << LOST_COLUMNS.indexOf('control_keys');

/** The columns of the row before, by place: rows of one stream have the same keys in the same order. Only ever a guess. */
const guesses = new Int8Array(64).fill(OTHER);
const LAST_GUESS = guesses.length - 1;

/** A row of a container that was not asked for; writing it anywhere would mix containers up. */
export class ForeignRowError extends BtMigrateError {
  constructor() {
    super('BTM_RESPONSE_UNREADABLE', {
      detail: 'The server answered a row that does not say which of the containers asked for it belongs to.',
      hint: 'The row was not copied. Read the containers one by one, or report this to the server’s operator.',
    });
    this.name = 'ForeignRowError';
  }
}

/**
 * Writes the row in `source[start..end)` to `target` from `at` on, fills `row`, and answers the offset after what it
 * wrote; that is `at` for a tombstone. `start` is the opening brace and `end` the byte after the closing one.
 *
 * The target, which is other memory, holds the row's bytes already, from `copiedAt` on: at least `rule.growth` bytes behind
 * `at`. They are used up; nothing behind them is written. Throws MalformedJsonError, ForeignRowError.
 */
export function spliceRow(
  source: Buffer,
  start: number,
  end: number,
  target: Buffer,
  copiedAt: number,
  at: number,
  rule: SpliceRule,
  row: SplicedRow,
): number {
  if (copiedAt - at < rule.growth) throw new RangeError('The target has too little room for the row');
  clearSplicedRow(row);
  if (source[start] !== OPEN_BRACE) throw new MalformedJsonError('Expected a row', start);
  // Runs only move to the left, inside the target, where a move costs less than a copy from other memory. What has been
  // written never reaches a run that has not been moved: every run lost at least the `{` or comma before it.
  const copied = copiedAt - start;
  let out = at;
  target[out++] = OPEN_BRACE;
  let runStart = -1;
  let runEnd = -1;
  // Bits of the columns that have been kept; their later nulls stay.
  let seen = 0;
  let place = 0;
  let i = skipSpace(source, start + 1);
  let c = source[i];
  if (c === CLOSE_BRACE) i++;
  else {
    for (;;) {
      if (c !== QUOTE) throw new MalformedJsonError('Expected a key', i);
      const key = i;
      let number = guesses[place] as number;
      let k = endIfColumn(source, key + 1, number);
      if (k < 0) {
        k = key + 1;
        c = source[k];
        while (c !== QUOTE && c !== BACKSLASH && c !== undefined) c = source[++k];
        if (c === QUOTE) number = columnOf(source, key + 1, k);
        else {
          k = skipString(source, key) - 1;
          number = escapedColumnOf(source, key + 1, k);
        }
        guesses[place] = number;
      }
      place = (place + 1) & LAST_GUESS;
      k++;
      const value = source[k] === COLON && (source[k + 1] as number) > SPACE ? k + 1 : skipColon(source, k);
      i = number === METADATA ? scanMetadata(source, value, row) : skipValue(source, value);
      const first = source[value] as number;
      if (number < NULLABLE || (number < OWNED && (first !== LETTER_N || (seen & (1 << number)) !== 0))) {
        if (runStart < 0) {
          if (out > at + 1) target[out++] = COMMA;
          runStart = key;
        }
        runEnd = i;
        if (number >= 0) {
          seen |= 1 << number;
          noteKept(row, number, first, value, i, out - runStart);
        }
      } else {
        if (runStart >= 0) {
          out = moveLeft(target, runStart + copied, runEnd + copied, out);
          runStart = -1;
        }
        if (number >= OWNED) noteDropped(row, number, first, source, value, i, rule);
      }
      c = source[i];
      if (c !== COMMA && c !== CLOSE_BRACE) {
        i = skipSpace(source, i);
        c = source[i];
      }
      if (c === COMMA) {
        c = source[++i];
        if (c !== QUOTE) {
          i = skipSpace(source, i);
          c = source[i];
        }
      } else if (c === CLOSE_BRACE) {
        i++;
        break;
      } else throw new MalformedJsonError('Expected , or }', i);
    }
  }
  if (i !== end) throw new MalformedJsonError('Expected the row to end', Math.min(i, end));
  if (row.tombstone) return at;
  if (runStart >= 0) out = moveLeft(target, runStart + copied, runEnd + copied, out);
  return close(target, out, out > at + 1, rule, row);
}

function close(target: Buffer, at: number, comma: boolean, rule: SpliceRule, row: SplicedRow): number {
  if (row.container === UNSAID && rule.containers.length === 1) row.container = 0;
  if (row.container < 0) throw new ForeignRowError();
  const columns = rule.containers[row.container]?.columns as Buffer;
  let out = at;
  if (comma) target[out++] = COMMA;
  out += columns.copy(target, out);
  target[out++] = CLOSE_BRACE;
  return out;
}

/** `shift` leads from an offset in the source to the one in the target. */
function noteKept(row: SplicedRow, number: number, first: number, value: number, end: number, shift: number): void {
  switch (number) {
    case ID:
      row.idStart = first === QUOTE ? value + 1 : -1;
      row.idEnd = first === QUOTE ? end - 1 : -1;
      return;
    case CREATED:
      row.createdStart = first === QUOTE ? value + 1 : -1;
      row.createdEnd = first === QUOTE ? end - 1 : -1;
      return;
    case ORIGIN:
      row.originStart = first === OPEN_BRACE ? value + shift : -1;
      row.originEnd = first === OPEN_BRACE ? end + shift : -1;
      return;
    case METADATA:
      // `scanMetadata` has left 0 when there is something to look for.
      row.metadataStart = row.metadataStart < 0 ? -1 : value + shift;
      row.metadataEnd = row.metadataStart < 0 ? -1 : end + shift;
      return;
    case DATASET_RECORD_ID:
      row.hasDatasetRecordId = first !== LETTER_N;
  }
}

function noteDropped(
  row: SplicedRow,
  number: number,
  first: number,
  source: Buffer,
  value: number,
  end: number,
  rule: SpliceRule,
): void {
  if (number === XACT_ID) {
    const quoted = first === QUOTE ? 1 : 0;
    row.xactStart = first === LETTER_N ? -1 : value + quoted;
    row.xactEnd = first === LETTER_N ? -1 : end - quoted;
  } else if (number === PAGINATION_KEY) {
    row.keyStart = first === QUOTE ? value + 1 : -1;
    row.keyEnd = first === QUOTE ? end - 1 : -1;
  } else if (number === rule.column) {
    row.container = first === LETTER_N ? UNSAID : containerOf(rule, source, value, end);
  } else if (number >= AUDIT_DATA) {
    if (number === OBJECT_DELETE) row.tombstone = first === LETTER_T;
    if (first === LETTER_N || isEmpty(source, first, value, end)) return;
    if (number >= CONTROL) row.lost |= LOST_CONTROL;
    else if (number <= ASYNC_SCORING_STATE) row.lost |= 1 << (number - AUDIT_DATA);
  }
}

/** An empty list or object says nothing that could get lost. */
function isEmpty(source: Buffer, first: number, value: number, end: number): boolean {
  return (first === OPEN_BRACKET || first === OPEN_BRACE) && skipSpace(source, value + 1) === end - 1;
}

function containerOf(rule: SpliceRule, source: Buffer, value: number, end: number): number {
  const size = end - value - 2;
  for (let n = 0; n < rule.containers.length; n++) {
    const id = rule.containers[n]?.sourceId as Buffer;
    if (id.length !== size) continue;
    let k = 0;
    while (k < size && id[k] === source[value + 1 + k]) k++;
    if (k === size) return n;
  }
  return FOREIGN;
}

/** Runs shorter than this are moved by hand; for longer ones a native move is cheaper than its call. */
const WALKED_RUN = 16;

function moveLeft(target: Buffer, start: number, end: number, at: number): number {
  if (end - start > WALKED_RUN) target.copyWithin(at, start, end);
  else for (let from = start, to = at; from < end; from++, to++) target[to] = target[from] as number;
  return at + end - start;
}
