const TOP = 0x0de1n << 48n;
const LOW_48 = (1n << 48n) - 1n;

/** A transaction id: `0x0DE1<<48 | unix_seconds<<16 | counter` (fact sheet 4.2). Written as a decimal string on the wire. */
export type Xact = bigint;

/** The first transaction id of a second. */
export function firstXactOfSecond(unixSeconds: number): Xact {
  return TOP | (BigInt(unixSeconds) << 16n);
}

/** The wall-clock second that a transaction id encodes. */
export function xactSeconds(xact: Xact): number {
  return Number((xact & LOW_48) >> 16n);
}

/** Parses the decimal form; null when the text is not a transaction id. */
export function parseXact(text: string): Xact | null {
  if (!/^\d{1,20}$/.test(text)) return null;
  const value = BigInt(text);
  return value >> 48n === 0x0de1n ? value : null;
}

/** Hands out strictly increasing transaction ids that follow the given clock (milliseconds). */
export class XactSequence {
  #last: Xact;
  readonly #now: () => number;

  constructor(now: () => number, last: Xact = 0n) {
    this.#now = now;
    this.#last = last;
  }

  next(): Xact {
    const floor = firstXactOfSecond(Math.floor(this.#now() / 1000));
    this.#last = floor > this.#last ? floor : this.#last + 1n;
    return this.#last;
  }

  /** Makes every later id greater than `xact`. */
  raiseTo(xact: Xact): void {
    if (xact > this.#last) this.#last = xact;
  }

  get last(): Xact {
    return this.#last;
  }
}
