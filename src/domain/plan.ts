import type { Address } from './address.ts';
import type { Digest } from './fingerprint.ts';
import type { Json, JsonObject } from './json.ts';
import type { StreamKind } from './kind.ts';
import type { LossReason } from './resource.ts';

/** The format of plan files written by this version; another major number is refused. */
export const PLAN_FORMAT_VERSION = '1.1';

export const OPERATIONS = ['create', 'update', 'link', 'copy', 'delete', 'skip', 'blocked'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Why an action is what it is: closed sets, so that scripts may branch on them. */
export const REASONS = {
  create: ['missing_in_destination', 'user_invited'],
  update: [
    'source_changed',
    'destination_changed',
    'both_changed',
    'adopted_with_changes',
    'renamed',
    'secret_changed',
    'rows_copied',
  ],
  link: ['reference_cycle', 'second_write_only', 'rows_copied'],
  copy: ['rows_pending', 'rows_changed', 'references_found'],
  delete: ['removed_from_source', 'destroy', 'destroy_edited', 'already_gone'],
  skip: [
    'in_sync',
    'adopted',
    'converged',
    'built_in',
    'conflict_skipped',
    'ignored',
    'removed_from_source',
    'pushed_separately',
    'not_activated',
    'kept_adopted',
    'not_selected',
  ],
  blocked: [
    'conflict',
    'missing_reference',
    'user_not_found',
    'dependency_blocked',
    'excluded_dependency',
    'code_bundle_not_migratable',
    'version_not_newest',
    'cannot_clear_field',
    'immutable_field',
    'built_in_missing',
    'list_failed',
    'ambiguous_name',
    'rename_collision',
    'cycle_unbreakable',
    'protected',
    'delete_limit',
    'not_supported_by_destination',
    'empty_source',
    'transient_object',
    'rows_unknown',
    'destination_not_empty',
    'active_rules',
    'count_failed',
    'rows_not_ours',
    'still_referenced',
  ],
} as const satisfies Record<Operation, readonly string[]>;

export type Reason = (typeof REASONS)[Operation][number];

/** `op:address`. */
export type ActionId = string;

export interface PlannedChange {
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** What goes with an object that is destroyed, besides what other actions of the plan name. */
export interface TakenAlong {
  /** Rows of a container, all written by this state. */
  readonly rows?: number;
  /** Kinds of things that may be in a project and that no list shows. */
  readonly unseen?: readonly string[];
}

/**
 * What a first copy, or what blocks it, says of rows that are in the destination and that it would bring, too: rows of both
 * containers with one id.
 */
export interface PlannedCollisions {
  /** The first of them, in order; none in a copy of the plan without content. */
  readonly ids: readonly string[];
  /** Rows of the destination that were looked for in the source. */
  readonly looked_at: number;
  /** At least so many of these are in the source. */
  readonly found: number;
}

/** An older version of a prompt or function. */
export interface PlannedVersion {
  /** The source's transaction, in decimal. */
  readonly version: string;
  readonly after: JsonObject;
}

export interface PlannedAction {
  readonly id: ActionId;
  readonly op: Operation;
  readonly address: Address;
  /** Actions that must have succeeded first. */
  readonly depends_on: readonly ActionId[];
  readonly reason: Reason;
  /** What the source held when the plan was made; null when it holds nothing (delete). */
  readonly source_fingerprint: Digest | null;
  /** What the destination held; null when it held nothing. */
  readonly destination_fingerprint: Digest | null;
  readonly before?: JsonObject;
  readonly after?: JsonObject;
  readonly changes?: readonly PlannedChange[];
  /** Older versions that something pins: written first, oldest first, so that the pin means the same content. */
  readonly history?: readonly PlannedVersion[];
  readonly triggers?: readonly string[];
  /** On rows that were never copied, where the destination has rows; absent where nobody looked. */
  readonly collides?: PlannedCollisions;
  /** On a delete of a destroy plan. */
  readonly takes_along?: TakenAlong;
  /** Set on a blocked action that the spec accepts. */
  readonly accepted?: { readonly reason: string; readonly expires?: string };
}

export interface NotMigrated {
  /** An address, or a kind alone when it is about everything of that kind. */
  readonly address: string;
  readonly reason: NotMigratedReason;
  readonly path?: string;
  readonly count?: number | null;
}

export const NOT_MIGRATED_REASONS = [
  'credential_of_a_person',
  'belongs_to_the_control_plane',
  'not_listed_by_api',
  'not_supported_by_source',
  'owner_not_listed',
  'owner_not_selected',
  'not_accepted_by_api',
] as const;
export type NotMigratedReason = (typeof NOT_MIGRATED_REASONS)[number] | LossReason;

export const NOTICE_CODES = ['matches_nothing', 'agreement_expired', 'agreement_expires_soon'] as const;
export const NOTICE_SECTIONS = [
  'projects.include',
  'users.map',
  'secrets',
  'overrides',
  'protect',
  'accept',
  'ignore',
] as const;

/** Something about an entry of the spec that a person should know; it changes no exit code. */
export interface PlanNotice {
  readonly code: (typeof NOTICE_CODES)[number];
  /** The part of the spec that holds the entry. */
  readonly section: (typeof NOTICE_SECTIONS)[number];
  /** The entry: an address, a pattern, a name. */
  readonly entry: string;
  /** The field that an entry under `ignore` is about. */
  readonly path?: string;
  /** What was probably meant. */
  readonly nearest?: string;
  /** Last day (UTC, YYYY-MM-DD) of an agreement. */
  readonly expires?: string;
  /** How many blocked actions an agreement covers, or has covered. */
  readonly count?: number;
}

export interface PlannedOrg {
  readonly kind: 'braintrust';
  readonly org_id: string;
  readonly org: string;
  readonly url: string;
}

export interface Plan {
  readonly format_version: string;
  readonly tool_version: string;
  /** The date (UTC, YYYY-MM-DD) that expiries were judged by. */
  readonly as_of: string;
  readonly source: PlannedOrg;
  readonly destination: PlannedOrg;
  /** Absent for a plan that migrates; `destroy` deletes what the state created. */
  readonly mode?: 'destroy';
  readonly spec_digest: Digest;
  readonly state: { readonly lineage: string | null; readonly serial: number };
  readonly actions: readonly PlannedAction[];
  readonly not_migrated: readonly NotMigrated[];
  /** Absent when there is nothing to say. */
  readonly notices?: readonly PlanNotice[];
  readonly estimates: Estimates;
  /** Set on a copy whose values were replaced by what they are (`show --redact content`): for reading only. */
  readonly redacted?: 'content';
  readonly digest: Digest;
}

export interface Estimates {
  /** How many actions of each operation. */
  readonly actions: Readonly<Record<Operation, number>>;
  /** Requests that `apply` is expected to send, not counting retries; null with `--estimates none`. */
  readonly requests: { readonly source: number; readonly destination: number } | null;
  /** Of all copies together; null when one of them was not counted, or there was nothing to estimate its bytes from. */
  readonly rows: number | null;
  readonly bytes: number | null;
  /** The same by stream, for streams with copies. */
  readonly streams: readonly StreamEstimate[];
  /** Requests that planning made once per object, because the API lists these only so. */
  readonly fan_out_requests: number;
}

export interface StreamEstimate {
  readonly stream: StreamKind;
  readonly copies: number;
  readonly rows: number | null;
  readonly bytes: number | null;
  /** For rows alone, attachments not counted; containers with few rows share requests. */
  readonly requests: { readonly source: number; readonly destination: number } | null;
}

export function actionId(op: Operation, address: Address): ActionId {
  return `${op}:${address}`;
}

/** True for operations that write to the destination. */
export function writes(op: Operation): boolean {
  return op === 'create' || op === 'update' || op === 'link' || op === 'copy' || op === 'delete';
}

/** True when a skip is more than a word: apply records it in the state. */
export function records(action: PlannedAction): boolean {
  return action.op === 'skip' && (action.reason === 'adopted' || action.reason === 'converged');
}

/** True when applying the plan would write to the destination or record something in the state. */
export function hasWork(plan: Pick<Plan, 'actions'>): boolean {
  return plan.actions.some((action) => writes(action.op) || records(action));
}
