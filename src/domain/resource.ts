import type { Address } from './address.ts';
import type { Digest } from './fingerprint.ts';
import type { Json, JsonObject } from './json.ts';
import type { AddressKind, ResourceKind } from './kind.ts';
import type { OrgIdentity } from './org.ts';
import type { Secret } from './secret.ts';

/** One object of one organization, in the form in which both organizations can be compared. */
export interface Resource {
  readonly kind: ResourceKind;
  readonly id: string;
  /** Built from match keys of the source; equal on both sides when the objects belong together. */
  readonly address: Address;
  /** The address that its names alone would give it; another one when the state knows it and a name has changed. */
  readonly named: Address;
  /** Address of the project it lives in, when it lives in one. */
  readonly project: Address | undefined;
  /** Modelled writable fields: references as markers, nulls and server defaults removed. */
  readonly fields: JsonObject;
  readonly fingerprint: Digest;
  /**
   * Text that sorts like the order of creation among its kind: the time (of the newest version, for prompts and
   * functions), or the place on display where the API has one; '' when it has neither.
   */
  readonly order: string;
  /** Newest version (decimal transaction id) of a versioned object. */
  readonly version: string | undefined;
  /** Server-provided things, never written: matched, but neither created nor changed. */
  readonly builtIn: boolean;
  /** What the object holds that cannot be carried, found while reading it. */
  readonly losses: readonly Loss[];
  /** Versions that it pins and that are no part of `fields`: of rows, and those that it can do without. */
  readonly pins: readonly Pin[];
  /** Credentials found in readable fields, by path; needed again at apply, never stored or shown. */
  readonly hidden: ReadonlyMap<string, Secret>;
  /** Whether its write-only field has a value; absent where the kind has none, or the server does not tell. */
  readonly hasSecret?: boolean;
  /** False for what was only listed because something selected refers to it. */
  readonly selected: boolean;
}

/** A pinned version: of the rows of a dataset, the transaction up to which they are meant. */
export interface Pin {
  /** The field that holds it. */
  readonly field: string;
  readonly target: Address;
  /** Decimal transaction id, or its pretty form (fact sheet 4.2). */
  readonly version: string;
  /** True when the object means nothing without it. */
  readonly required: boolean;
}

/** Something a kind holds that no write can carry to another organization. */
export interface Loss {
  readonly path: string;
  readonly reason: LossReason;
  /** How many rows it is about, at most; absent for an object. */
  readonly count?: number;
}

export const LOSS_REASONS = [
  'field_not_modelled',
  'pin_dropped',
  'secret_without_value',
  'reference_dropped',
  'server_owned',
  'reference_left',
] as const;
export type LossReason = (typeof LOSS_REASONS)[number];

/** Why the objects of a kind (or of one container) could not be listed; nothing may be concluded from their absence. */
export interface UnknownList {
  readonly kind: ResourceKind;
  readonly code: 'permission_denied' | 'server_failed' | 'unreachable' | 'incomplete' | 'not_supported';
  readonly detail: string;
}

/** Everything of the selected kinds that one organization holds. */
export interface Inventory {
  readonly org: OrgIdentity;
  readonly resources: ReadonlyMap<Address, Resource>;
  /** The object of any of these kinds that has this id. */
  find(kinds: readonly AddressKind[], id: string): Resource | undefined;
  /** An older version of a listed object, in the same form; undefined for an address that was not listed. */
  readVersion(address: Address, raw: JsonObject): Resource | undefined;
  readonly unknown: readonly UnknownList[];
  /** Things seen that share an address with another object of the same organization: only the oldest is in `resources`. */
  readonly ambiguous: readonly Resource[];
  /** Objects of a kind whose owner or grantee is nothing we listed. */
  readonly orphans: ReadonlyMap<ResourceKind, number>;
  /** Requests that had to be made once per object because the API lists no other way. */
  readonly fanOutRequests: number;
}

export type FieldPath = string;

export interface FieldChange {
  readonly path: FieldPath;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}
