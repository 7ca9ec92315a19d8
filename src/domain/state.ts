import type { Address } from './address.ts';
import type { Digest, FieldBase } from './fingerprint.ts';
import type { ResourceKind } from './kind.ts';
import type { ActionId } from './plan.ts';
import type { StoredStreams } from './stored-streams.ts';
import type { StreamProgress, StreamRange, UnresolvedReference, VersionPair } from './stream-state.ts';
import type { StreamStore } from './stream-store.ts';

/**
 * Which source object became which destination object, and what we last wrote there. The address of a mapping that
 * comes out of a state is the stored one: compare it with `storedAddress(snapshot.lineage, address)`.
 */
export interface IdMapping {
  readonly kind: ResourceKind;
  readonly sourceId: string;
  readonly destinationId: string;
  readonly address: Address;
  readonly origin: 'created' | 'adopted';
  /** Fingerprint both sides had when we last wrote or adopted. */
  readonly fingerprint: Digest;
  /** The same part by part; absent in what was recorded before states held it. */
  readonly base?: FieldBase;
}

/** Everything a planner needs to know of the past. */
export interface StateSnapshot {
  readonly lineage: string | null;
  /** Counts changes of the id map and its fingerprints; cursor progress does not move it. */
  readonly serial: number;
  /** Organizations this state belongs to; null in a state that nothing was applied with. */
  readonly sourceOrgId: string | null;
  readonly destinationOrgId: string | null;
  readonly mappings: readonly IdMapping[];
  /** HMAC of the secret value last written, by `address#path` of the real address; see `secretHmac`. */
  readonly secretHmacs: ReadonlyMap<string, string>;
  /** How far each container of rows was copied, by stream and source id. */
  readonly streams: readonly StreamProgress[];
  /** Ranges of passes that were begun and not finished: the next copy of their container takes them up. */
  readonly unfinished: readonly StreamRange[];
  /** What rows were written with that the destination had nothing for. */
  readonly unresolved: readonly UnresolvedReference[];
  readonly versions: readonly VersionPair[];
}

export const EMPTY_STATE: StateSnapshot = {
  lineage: null,
  serial: 0,
  sourceOrgId: null,
  destinationOrgId: null,
  mappings: [],
  secretHmacs: new Map(),
  streams: [],
  unfinished: [],
  unresolved: [],
  versions: [],
};

/**
 * A run of one plan digest. States: `running` → `finished` (every action settled) or it stays `running` after a crash
 * or an interruption, and is resumed by the next apply of the same digest.
 */
export interface Run {
  readonly runId: string;
  /** Of the state it is recorded in. */
  readonly lineage: string;
  readonly planDigest: Digest;
  readonly status: 'running' | 'finished';
  /** Asked by the id an action has in the plan; iterating gives stored ids, in which e-mail addresses are replaced. */
  readonly journal: ReadonlyMap<ActionId, JournalEntry>;
}

/** `begun` before the write is sent; `done` after its effect is recorded; `failed` when the server refused it. */
export interface JournalEntry {
  readonly actionId: ActionId;
  readonly phase: 'begun' | 'done' | 'failed';
  /** Fingerprint written, for `done`. */
  readonly fingerprint: Digest | null;
  readonly error: { readonly code: string; readonly summary: string } | null;
}

/** The organizations that a state belongs to. */
export interface StateOrgs {
  readonly sourceOrgId: string;
  readonly destinationOrgId: string;
}

export interface RunRequest extends StateOrgs {
  readonly planDigest: Digest;
  readonly toolVersion: string;
}

/** What completing an action records, in one transaction with its journal entry. */
export interface Completion {
  readonly fingerprint: Digest | null;
  readonly mapping?: IdMapping;
  /** The mapping to forget, after a delete. */
  readonly forget?: { readonly kind: ResourceKind; readonly sourceId: string };
  readonly secretHmacs?: ReadonlyMap<string, string>;
  /** Versions that mean the same content. */
  readonly versions?: readonly VersionPair[];
  /** True for a new object: versions of the one before it mean nothing any more. */
  readonly startsHistory?: boolean;
}

/** Who holds the lock, as shown to whoever waits for it. */
export interface LeaseHolder {
  readonly host: string;
  readonly pid: number;
  readonly bootId: string;
  readonly jobUrl: string | null;
}

export interface AcquireOptions {
  /** Called once with a sentence about the holder, when there is something to wait for. */
  readonly onWait?: (detail: string) => void;
  /** Ends the wait by throwing its reason. */
  readonly signal?: AbortSignal;
}

export interface Lease {
  /** Grows with every acquisition; every write carries it, and one that is no longer current is refused. */
  readonly token: number;
  /** Stops the heartbeat and frees the lock. Safe to call twice. */
  release(): Promise<void>;
}

export const STATE_DOCUMENT_VERSION = '1.4';

/**
 * A whole state as JSON (`state export`): enough to go on elsewhere as if nothing had moved. Journals and finished ranges
 * are kept of unfinished runs only. Times are ISO-8601 instants; `digest` is the sha256 of the canonical JSON without it.
 */
export type StateDocument = {
  readonly format_version: string;
  readonly lineage: string;
  readonly serial: number;
  readonly source_org_id: string | null;
  readonly destination_org_id: string | null;
  /** Key of the HMACs, hex. */
  readonly salt: string;
  readonly mappings: readonly StoredMapping[];
  readonly runs: readonly StoredRun[];
  readonly secret_hmacs: readonly { readonly name: string; readonly hmac: string }[];
  /** Absent in format 1.0. */
  readonly streams?: StoredStreams;
  readonly digest: Digest;
};

export type StoredMapping = {
  readonly kind: string;
  readonly source_id: string;
  readonly destination_id: string;
  readonly address: Address;
  readonly origin: IdMapping['origin'];
  readonly fingerprint: Digest;
  /** Absent before format 1.3. */
  readonly base?: FieldBase;
  /** The run that wrote it; null for one that was put in by hand. */
  readonly run_id: string | null;
};

export type StoredRun = {
  readonly run_id: string;
  readonly plan_digest: Digest;
  readonly status: Run['status'];
  readonly tool_version: string;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly journal: readonly StoredEntry[];
};

export type StoredEntry = {
  readonly action_id: ActionId;
  readonly phase: JournalEntry['phase'];
  readonly fingerprint: Digest | null;
  readonly error_code: string | null;
  readonly error_summary: string | null;
};

/**
 * The state, behind coarse atomic operations. Nothing outside `state/` knows how it is stored. Every method after
 * `acquireLease` throws BTM_LEASE_LOST when the lease was taken over, and BTM_STATE_UNREADABLE when the store fails.
 */
export interface StateStore {
  readonly streams: StreamStore;
  snapshot(): Promise<StateSnapshot>;
  /** Waits up to `waitMs` for the lock. Throws BTM_STATE_LOCKED naming the holder. */
  acquireLease(holder: LeaseHolder, waitMs: number, options?: AcquireOptions): Promise<Lease>;
  /**
   * The run of this digest if there is one, else a new one. Sets the organizations of a state that has none.
   * Throws BTM_WRONG_ORG when the state belongs to other organizations.
   */
  openRun(lease: Lease, request: RunRequest): Promise<Run>;
  /** Read-only look at the run of a digest. */
  findRun(planDigest: Digest): Promise<Run | undefined>;
  beginAction(lease: Lease, runId: string, actionId: ActionId): Promise<void>;
  completeAction(lease: Lease, runId: string, actionId: ActionId, completion: Completion): Promise<void>;
  failAction(lease: Lease, runId: string, actionId: ActionId, error: { code: string; summary: string }): Promise<void>;
  finishRun(lease: Lease, runId: string): Promise<void>;
  /** Keyed digest of a secret value, with the random salt of this state; equal values give equal digests. */
  secretHmac(value: string): Promise<string>;
  /**
   * Repairs by hand: `state mv`, `state rm`, `import`. Each moves the serial by one. `orgs` are the organizations that
   * both ids are of: set in a state that has none; throws BTM_WRONG_ORG when it has others.
   */
  putMapping(lease: Lease, mapping: IdMapping, orgs?: StateOrgs): Promise<void>;
  removeMapping(lease: Lease, kind: ResourceKind, sourceId: string): Promise<void>;
  /** Everything the state holds. Throws BTM_STATE_MISSING when there is no state. */
  exportDocument(): Promise<StateDocument>;
  /** Writes what is under way, frees the lock if it is still held, and leaves one plain file. */
  close(): Promise<void>;
}
