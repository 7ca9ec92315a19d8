import type { ContainerRef } from './container-ref.ts';
import { fieldNumber } from './row-field.ts';
import { auditEntry, nullableColumns, ownedColumns } from './row-shape.ts';

const KEY_DIGITS = 20;
const XACT_DIGITS = 19;
const TAIL_DIGITS = 7;
const TAIL = 10 ** TAIL_DIGITS;
const ZERO_XACT = '0'.repeat(XACT_DIGITS);
const ZERO_KEY = `p${'0'.repeat(KEY_DIGITS)}`;
const ZERO_TIME = '0000-00-00T00:00:00.000Z';
const ROOT_BIT = 1 << 20;

/** What all rows of one network operation share. */
export interface WriteStamp {
  /** Low 48 bits of the transaction id. */
  readonly xact: number;
  readonly xactText: string;
  /** Receipt time, milliseconds since 1970. */
  readonly now: number;
  /** The pagination key of row 0, split so that the row number can be added without big integers. */
  readonly keyHead: string;
  readonly keyTail: number;
}

export function createStamp(xact: bigint, now: number): WriteStamp {
  const low = xact & 0xffff_ffff_ffffn;
  const first = low << 16n;
  return {
    xact: Number(low),
    xactText: xact.toString(),
    now,
    keyHead: (first / BigInt(TAIL)).toString().padStart(KEY_DIGITS - TAIL_DIGITS, '0'),
    keyTail: Number(first % BigInt(TAIL)),
  };
}

/** The beginning of a stored row, with room for the key, the transaction and `created`. */
interface Template {
  readonly bytes: Buffer;
  readonly keyAt: number;
  readonly xactAt: number;
  readonly auditAt: number;
  readonly createdAt: number;
  stamp: WriteStamp | null;
}

/**
 * The columns that the server puts in front of user data that is stored as sent: its own, and a null for each column
 * that the user did not send. Rows that lack the same columns share a template, so a row costs one copy and few digits.
 */
export class PlainLayout {
  /** By field number: the bit that says that a nullable column was sent; 0 for every other field. */
  readonly bits = new Uint32Array(256);
  readonly #ref: ContainerRef;
  readonly #templates = new Map<number, Template>();

  constructor(ref: ContainerRef) {
    this.#ref = ref;
    for (const [place, name] of nullableColumns(ref.type).entries()) this.bits[fieldNumber(name)] = 1 << place;
  }

  template(sent: number, isRoot: boolean, stamp: WriteStamp): Template {
    const key = isRoot ? sent | ROOT_BIT : sent;
    let template = this.#templates.get(key);
    if (template === undefined) {
      template = this.#build(sent, isRoot);
      this.#templates.set(key, template);
    }
    if (template.stamp !== stamp) {
      template.bytes.write(stamp.xactText, template.xactAt, 'latin1');
      template.bytes.write(stamp.xactText, template.auditAt, 'latin1');
      template.bytes.write(stamp.keyHead, template.keyAt, 'latin1');
      template.stamp = stamp;
    }
    return template;
  }

  #build(sent: number, isRoot: boolean): Template {
    const owned = ownedColumns(this.#ref, {
      paginationKey: ZERO_KEY,
      xactId: ZERO_XACT,
      created: ZERO_TIME,
      isRoot,
      auditData: `[${auditEntry(ZERO_XACT, 'upsert', '"api"', '{}')}]`,
      comments: 'null',
      classifications: 'null',
      asyncScoringState: 'null',
    });
    const missing = nullableColumns(this.#ref.type).filter(
      (name) => ((this.bits[fieldNumber(name)] ?? 0) & sent) === 0,
    );
    const columns = [...owned.map(([name, value]) => `"${name}":${value}`), ...missing.map((name) => `"${name}":null`)];
    const bytes = Buffer.from(`{${columns.join(',')},`, 'latin1');
    const xactAt = bytes.indexOf(`"_xact_id":"${ZERO_XACT}`) + 12;
    return {
      bytes,
      keyAt: bytes.indexOf(ZERO_KEY) + 1,
      xactAt,
      auditAt: bytes.indexOf(`"_xact_id":"${ZERO_XACT}`, xactAt) + 12,
      createdAt: bytes.indexOf(ZERO_TIME),
      stamp: null,
    };
  }
}

/** Writes the digits of the pagination key of row number `index`, whose head the template already holds. */
export function writeKeyDigits(target: Buffer, keyAt: number, stamp: WriteStamp, index: number): void {
  let value = stamp.keyTail + index;
  if (value >= TAIL) {
    const head = (BigInt(stamp.keyHead) + 1n).toString().padStart(KEY_DIGITS - TAIL_DIGITS, '0');
    target.write(head, keyAt, 'latin1');
    value -= TAIL;
  }
  for (let at = keyAt + KEY_DIGITS - 1; at >= keyAt + KEY_DIGITS - TAIL_DIGITS; at--) {
    const rest = (value / 10) | 0;
    target[at] = 0x30 + value - rest * 10;
    value = rest;
  }
}
