import { randomBytes } from 'node:crypto';
import type { ContainerRef } from './container-ref.ts';
import { formatInstant } from './instant.ts';
import { xactText } from './row-cells.ts';
import type { RowColumns } from './row-columns.ts';
import { fieldNumber } from './row-field.ts';
import { auditEntry, nullableColumns, ownedColumns } from './row-shape.ts';

/*
 * The shape of a stored version is a number: one bit for each nullable column that the user sent (`RowHeads.bits`), and:
 */
/** The row has no parents. */
export const IS_ROOT = 1 << 20;
/** The user sent no span_id: it is made up, and so is root_span_id when that was not sent either. */
export const SPAN_MINTED = 1 << 21;
export const ROOT_MINTED = 1 << 22;
/** The stored bytes are the whole row; nothing is put in front of them. */
export const WHOLE = 1 << 23;

const KEY_DIGITS = 20;
const TAIL_DIGITS = 7;
const TAIL = 10 ** TAIL_DIGITS;
const DAY = 86_400_000;
const DIGIT_0 = 0x30;
const ZERO_XACT = '0'.repeat(19);
const ZERO_KEY = `p${'0'.repeat(KEY_DIGITS)}`;
const ZERO_TIME = '0000-00-00T00:00:00.000Z';

/** The beginning of rows of one shape with the values of the row that it was last used for, and where they are. */
interface Template {
  readonly bytes: Buffer;
  readonly keyAt: number;
  readonly xactAt: number;
  readonly auditAt: number;
  readonly createdAt: number;
  /** Where the 8 digits of minted span ids are that differ from row to row. */
  readonly spanAt: readonly number[];
  xact: number;
  keyHigh: number;
  /** The last seven digits of the key of row 0 of the transaction. */
  keyTail: number;
  /** Days since 1970. */
  day: number;
}

/**
 * The columns that the server puts in front of user data that is stored as sent: its own, and a null for each column
 * that the user did not send. They are not stored: a row's head is a copy of its shape's template with few digits changed.
 */
export class RowHeads {
  /** By field number: the bit that says that a nullable column was sent; 0 for every other field. */
  readonly bits = new Uint32Array(256);
  readonly #ref: ContainerRef;
  readonly #columns: RowColumns;
  readonly #templates = new Map<number, Template>();
  /** Minted span ids of the container end alike; the row's slot makes them different. */
  readonly #spanTail: string;
  readonly #spanSalt: number;
  #last: Template | null = null;
  #lastShape = -1;

  constructor(ref: ContainerRef, columns: RowColumns) {
    this.#ref = ref;
    this.#columns = columns;
    for (const [place, name] of nullableColumns(ref.type).entries()) this.bits[fieldNumber(name)] = 1 << place;
    const random = randomBytes(16).toString('hex');
    this.#spanSalt = Number.parseInt(random.slice(0, 8), 16);
    this.#spanTail = `${random.slice(8, 12)}-4${random.slice(13, 16)}-a${random.slice(17, 20)}-${random.slice(20)}`;
  }

  /** Bytes of the head of rows of this shape. */
  size(shape: number): number {
    return this.#template(shape).bytes.length;
  }

  /** Writes the head of a version, from the brace to the comma before the user's first column. */
  write(slot: number, target: Uint8Array, at: number): number {
    const template = this.#template(this.#columns.shape[slot] as number);
    const { bytes } = template;
    const xact = this.#columns.xact[slot] as number;
    if (xact !== template.xact) {
      const text = xactText(xact);
      bytes.write(text, template.xactAt, 'latin1');
      bytes.write(text, template.auditAt, 'latin1');
      template.xact = xact;
    }
    writeKey(template, this.#columns.keyHigh[slot] as number, this.#columns.keyLow[slot] as number);
    writeTime(template, this.#columns.created[slot] as number);
    for (const place of template.spanAt) writeHex(bytes, place, scramble(slot ^ this.#spanSalt));
    target.set(bytes, at);
    return bytes.length;
  }

  #template(shape: number): Template {
    if (this.#last !== null && shape === this.#lastShape) return this.#last;
    let template = this.#templates.get(shape);
    if (template === undefined) {
      template = this.#build(shape);
      this.#templates.set(shape, template);
    }
    this.#last = template;
    this.#lastShape = shape;
    return template;
  }

  #build(shape: number): Template {
    const owned = ownedColumns(this.#ref, {
      paginationKey: ZERO_KEY,
      xactId: ZERO_XACT,
      created: ZERO_TIME,
      isRoot: (shape & IS_ROOT) !== 0,
      auditData: `[${auditEntry(ZERO_XACT, 'upsert', '"api"', '{}')}]`,
      comments: 'null',
      classifications: 'null',
      asyncScoringState: 'null',
    });
    const missing = nullableColumns(this.#ref.type).filter(
      (name) => ((this.bits[fieldNumber(name)] ?? 0) & shape) === 0,
    );
    const span = `"00000000-${this.#spanTail}"`;
    const columns = [
      ...owned.map(([name, value]) => `"${name}":${value}`),
      ...missing.map((name) => `"${name}":null`),
      ...((shape & SPAN_MINTED) === 0 ? [] : [`"span_id":${span}`]),
      ...((shape & ROOT_MINTED) === 0 ? [] : [`"root_span_id":${span}`]),
    ];
    const text = `{${columns.join(',')},`;
    const xactAt = text.indexOf(`"_xact_id":"${ZERO_XACT}`) + 12;
    return {
      bytes: Buffer.from(text, 'latin1'),
      keyAt: text.indexOf(ZERO_KEY) + 1,
      xactAt,
      auditAt: text.indexOf(`"_xact_id":"${ZERO_XACT}`, xactAt) + 12,
      createdAt: text.indexOf(ZERO_TIME),
      spanAt: [...text.matchAll(/span_id":"/g)].map(({ index }) => index + 10),
      xact: Number.NaN,
      keyHigh: Number.NaN,
      keyTail: 0,
      day: Number.NaN,
    };
  }
}

/** The key is (high << 16) + low in 20 digits; all but its last seven are the same for most rows of a transaction. */
function writeKey(template: Template, high: number, low: number): void {
  const { bytes, keyAt } = template;
  if (high !== template.keyHigh || template.keyTail + low >= TAIL) {
    const first = BigInt(high) << 16n;
    const carry = Number(first % BigInt(TAIL)) + low >= TAIL;
    const head = first / BigInt(TAIL) + (carry ? 1n : 0n);
    bytes.write(head.toString().padStart(KEY_DIGITS - TAIL_DIGITS, '0'), keyAt, 'latin1');
    template.keyTail = Number(first % BigInt(TAIL));
    // A head with a carry is right for this row only.
    template.keyHigh = carry ? Number.NaN : high;
  }
  writeDigits(bytes, keyAt + KEY_DIGITS - TAIL_DIGITS, TAIL_DIGITS, (template.keyTail + low) % TAIL);
}

function writeTime(template: Template, milliseconds: number): void {
  const { bytes, createdAt } = template;
  const day = Math.floor(milliseconds / DAY);
  if (day !== template.day) {
    bytes.write(formatInstant(milliseconds), createdAt, 'latin1');
    template.day = day;
    return;
  }
  const rest = milliseconds - day * DAY;
  const seconds = (rest / 1000) | 0;
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  writeDigits(bytes, createdAt + 11, 2, hours);
  writeDigits(bytes, createdAt + 14, 2, minutes - hours * 60);
  writeDigits(bytes, createdAt + 17, 2, seconds - minutes * 60);
  writeDigits(bytes, createdAt + 20, 3, rest - seconds * 1000);
}

function writeDigits(bytes: Buffer, at: number, count: number, value: number): void {
  let left = value;
  for (let place = at + count - 1; place >= at; place--) {
    const rest = (left / 10) | 0;
    bytes[place] = DIGIT_0 + left - rest * 10;
    left = rest;
  }
}

function writeHex(bytes: Buffer, at: number, value: number): void {
  for (let place = 0; place < 8; place++) {
    const digit = (value >>> (28 - place * 4)) & 15;
    bytes[at + place] = digit < 10 ? DIGIT_0 + digit : 0x57 + digit;
  }
}

/** Another number for each number, so that ids of neighbours do not look alike. */
function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
