/** Stands between id and transaction; no byte is like it. */
const SEPARATOR = 0x100;
/** Bytes of a hash. */
export const HASH_BYTES = 8;

/**
 * Writes a 64-bit hash of a row's id and transaction to `out[at..at+8)`. It recognizes rows that were read before; the
 * bytes are hashed as they stand in the answer, and nothing is allocated. It is no digest: two rows of 200,000 share one
 * by chance once in about a billion containers.
 */
export function hashRow(
  bytes: Buffer,
  idStart: number,
  idEnd: number,
  xactStart: number,
  xactEnd: number,
  out: Buffer,
  at: number,
): void {
  low = 0x811c9dc5;
  high = 0x9747b28c;
  for (let i = idStart; i < idEnd; i++) mix(bytes[i] as number);
  mix(SEPARATOR);
  for (let i = xactStart; i < xactEnd; i++) mix(bytes[i] as number);
  out.writeInt32LE(finish(low ^ Math.imul(high, 0x85ebca6b)), at);
  out.writeInt32LE(finish(high ^ Math.imul(low, 0xc2b2ae35)), at + 4);
}

// Two sums that mix in different ways; kept outside of the function so that none of it allocates.
let low = 0;
let high = 0;

function mix(value: number): void {
  low = Math.imul(low ^ value, 0x01000193);
  const turned = high ^ value;
  high = Math.imul((turned << 13) | (turned >>> 19), 0x5bd1e995) + 0x2545f491;
}

function finish(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return twice ^ (twice >>> 16);
}

/** Hashes of rows, looked up without allocating: open addressing, at most half full. */
export class HashSet64 {
  private readonly slots: Int32Array;
  private readonly mask: number;
  /** The hash of two zeros marks an empty slot. */
  private hasZero = false;

  /** `hashes` holds 8 bytes each. */
  constructor(hashes: Buffer) {
    const count = hashes.length / HASH_BYTES;
    let size = 16;
    while (size < count * 2) size *= 2;
    this.slots = new Int32Array(size * 2);
    this.mask = size - 1;
    for (let at = 0; at < hashes.length; at += HASH_BYTES) this.add(hashes.readInt32LE(at), hashes.readInt32LE(at + 4));
  }

  has(hashes: Buffer, at: number): boolean {
    const first = hashes.readInt32LE(at);
    const second = hashes.readInt32LE(at + 4);
    if (first === 0 && second === 0) return this.hasZero;
    const slot = this.find(first, second);
    return this.slots[slot] === first && this.slots[slot + 1] === second;
  }

  private add(first: number, second: number): void {
    if (first === 0 && second === 0) this.hasZero = true;
    const slot = this.find(first, second);
    this.slots[slot] = first;
    this.slots[slot + 1] = second;
  }

  /** The slot that holds the hash, or the empty one where it belongs. */
  private find(first: number, second: number): number {
    const { slots, mask } = this;
    for (let n = first & mask; ; n = (n + 1) & mask) {
      const slot = n * 2;
      const [a, b] = [slots[slot] as number, slots[slot + 1] as number];
      if ((a === first && b === second) || (a === 0 && b === 0)) return slot;
    }
  }
}
