import type { Address } from '../domain/address.ts';
import type { Reporter } from '../domain/event.ts';
import type { OrgReader } from '../domain/org.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateSnapshot } from '../domain/state.ts';
import type { StreamStore } from '../domain/stream-store.ts';
import type { Inventories } from './read-inventories.ts';

/** Rows of one container that this state wrote, that nobody edited in the destination since, and that the source no longer has. */
export interface VanishedRows {
  /** Of the stream: `logs.P`. */
  readonly address: Address;
  /** Null when nobody could find out. */
  readonly rows: number | null;
  /** All of them, unless there are more than `policy.max_deletes`. */
  readonly ids: readonly string[];
  /** True when the source shows no row of the container at all, which a lost permission does, too. */
  readonly sourceIsEmpty: boolean;
}

export interface VanishedRequest {
  readonly spec: Spec;
  readonly state: StateSnapshot;
  readonly inventories: Inventories;
  readonly source: OrgReader;
  readonly destination: OrgReader;
  readonly streams: Pick<StreamStore, 'writtenXacts' | 'quarantine'>;
  readonly report: Reporter;
}

/** Containers without such rows are not in the answer. Throws errors after which nothing more can be read. */
export type FindVanishedRows = (request: VanishedRequest) => Promise<readonly VanishedRows[]>;
