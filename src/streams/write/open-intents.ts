/** Intents of which it is not certain yet whether all that they led to can be read. */
export interface OpenIntents {
  /** Transactions that turned out to be ours so far. */
  readonly ours: ReadonlySet<string>;
  /** Greater than the number of each batch that they are of. */
  readonly nextBatch: number;
  /** Looks once more when one of these transactions was not seen before. Throws what reading throws. */
  lookFor(xacts: Iterable<string>): Promise<void>;
}
