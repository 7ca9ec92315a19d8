import { hashId } from './id-index.ts';
import type { RowSegments } from './row-segments.ts';

const QUOTE = 0x22;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;

/** The members of a row that were scanned so far, as offsets; see scan-row.ts. */
export interface ScannedMembers {
  readonly start: Uint32Array;
  readonly valueStart: Uint32Array;
  readonly end: Uint32Array;
}

/**
 * Recognises, at the id of a row that is being scanned, that the members around it were given out and come back unchanged:
 * what was scanned once need not be scanned again. One instance is reused; what it found holds until `find` is called again.
 */
export class CopyFinder {
  /** Of the served row. */
  place = -1;
  idHash = 0;
  /** Members in front of the copied bytes, by their numbers: those below this one. */
  before = 0;
  /** Members behind the copied bytes: from this number on. Those between are part of them. */
  behind = 0;
  readonly #segments: RowSegments;
  #candidate = -1;

  constructor(segments: RowSegments) {
    this.#segments = segments;
  }

  /** Answers the offset behind the copied bytes, where the row goes on or ends; -1 when this is no copy. */
  find(bytes: Buffer, { start, valueStart, end }: ScannedMembers, id: number): number {
    const idAt = valueStart[id] as number;
    if (!this.#look(bytes, idAt, end[id] as number)) return -1;
    const from = idAt - this.#segments.served.idStartAt(this.#candidate);
    let first = id;
    while (first > 0 && (start[first] as number) > from) first--;
    return start[first] === from ? this.#compare(bytes, from, first, id) : -1;
  }

  /** The same where the copied bytes would begin at `from` with member `id`, whose value is at `idAt`. */
  findFrom(bytes: Buffer, from: number, idAt: number, idEnd: number, id: number): number {
    if (!this.#look(bytes, idAt, idEnd)) return -1;
    const { served } = this.#segments;
    return from + served.idStartAt(this.#candidate) === idAt ? this.#compare(bytes, from, id, id) : -1;
  }

  /** True when a row with this id was given out: the candidate. */
  #look(bytes: Buffer, idAt: number, idEnd: number): boolean {
    this.place = -1;
    if (bytes[idAt] !== QUOTE) return false;
    this.idHash = hashId(bytes, idAt + 1, idEnd - 1);
    this.#candidate = this.#segments.served.find(this.idHash);
    return this.#candidate !== -1;
  }

  #compare(bytes: Buffer, from: number, first: number, id: number): number {
    const { served } = this.#segments;
    const place = this.#candidate;
    const to = from + served.sizeAt(place);
    if (bytes[to] !== CLOSE_BRACE && bytes[to] !== COMMA) return -1;
    const at = served.offsetAt(place);
    const stored = this.#segments.segment(served.segmentAt(place));
    if (stored.compare(bytes, from, to, at, at + to - from) !== 0) return -1;
    this.place = place;
    this.before = first;
    this.behind = id + 1;
    return to;
  }
}
