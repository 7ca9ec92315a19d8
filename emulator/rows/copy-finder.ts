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

  constructor(segments: RowSegments) {
    this.#segments = segments;
  }

  /** Answers the offset behind the copied bytes, where the row goes on or ends; -1 when this is no copy. */
  find(bytes: Buffer, { start, valueStart, end }: ScannedMembers, id: number): number {
    this.place = -1;
    const idAt = valueStart[id] as number;
    if (bytes[idAt] !== QUOTE) return -1;
    const { served } = this.#segments;
    const idHash = hashId(bytes, idAt + 1, (end[id] as number) - 1);
    const place = served.find(idHash);
    if (place === -1) return -1;
    const from = idAt - served.idStartAt(place);
    const to = from + served.sizeAt(place);
    if (bytes[to] !== CLOSE_BRACE && bytes[to] !== COMMA) return -1;
    let first = id;
    while (first > 0 && (start[first] as number) > from) first--;
    if (start[first] !== from) return -1;
    const at = served.offsetAt(place);
    const stored = this.#segments.segment(served.segmentAt(place));
    if (stored.compare(bytes, from, to, at, at + to - from) !== 0) return -1;
    this.place = place;
    this.idHash = idHash;
    this.before = first;
    this.behind = id + 1;
    return to;
  }
}
