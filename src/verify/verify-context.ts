import type { Reporter } from '../domain/event.ts';
import type { OrgReader } from '../domain/org.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateSnapshot } from '../domain/state.ts';
import type { StreamStore } from '../domain/stream-store.ts';
import type { VerifyLevel } from '../domain/verification.ts';
import type { Inventories } from '../inventory/read-inventories.ts';
import type { ByteWindow } from '../streams/byte-window.ts';
import type { ReadConditions } from '../streams/read/read-conditions.ts';
import type { ReferenceLookup } from '../streams/reference-lookup.ts';

/** All that verifying rows needs; nothing is written anywhere. */
export interface VerifyContext {
  readonly spec: Spec;
  readonly source: OrgReader;
  readonly destination: OrgReader;
  readonly inventories: Inventories;
  readonly state: StateSnapshot;
  readonly streams: StreamStore;
  /** From the source's ids to the destination's; attachments are looked up in the state. */
  readonly lookup: ReferenceLookup;
  readonly level: VerifyLevel;
  /** Read both sides row by row although the digests agree. */
  readonly bothSides: boolean;
  /** Look at so many windows of each container only; undefined for all. */
  readonly sample: number | undefined;
  readonly window: ByteWindow;
  readonly conditions: Readonly<Record<'source' | 'destination', ReadConditions>>;
  readonly parallelism: number;
  readonly signal: AbortSignal;
  /** Milliseconds, of a clock that only goes forward. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly today: number;
  readonly report: Reporter;
  /** Told before rows are read: how many requests that will take, about. */
  readonly onEstimate: (requests: { readonly source: number; readonly destination: number }) => void;
}
