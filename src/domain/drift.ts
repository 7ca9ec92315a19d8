import type { Address } from './address.ts';
import type { PlannedChange } from './plan.ts';

/**
 * How an object stands to what was last written of it: `source_moved` (the source changed, or has deleted what apply
 * would therefore delete), `destination_moved`, `both_moved`, `missing` (not in the destination), `unmanaged` (only in
 * the destination, and nothing will be done about it: not ours, or kept although the source has deleted it), `unknown`
 * (could not be read).
 */
export type DriftStatus =
  | 'in_sync'
  | 'source_moved'
  | 'destination_moved'
  | 'both_moved'
  | 'missing'
  | 'unmanaged'
  | 'unknown';

/** Who no longer holds what both held after the last write. */
export type Mover = 'source' | 'destination' | 'both';

/** Of `both_moved` objects, `moved` says which side changed this field; absent where that cannot be told. */
export interface DriftChange extends PlannedChange {
  readonly moved?: Mover;
}

export interface DriftItem {
  readonly address: Address;
  readonly status: DriftStatus;
  /** `before` is the destination's value, `after` the source's. */
  readonly changes: readonly DriftChange[];
  /** What more there is to say, in a sentence or two. */
  readonly detail?: string;
}
