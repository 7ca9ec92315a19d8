import { type Address, formatAddress, parseAddress } from '../domain/address.ts';
import { actionId } from '../domain/plan.ts';
import type { Resource, RowPin } from '../domain/resource.ts';
import { sameVersion } from '../domain/version.ts';
import type { Draft } from './draft.ts';
import type { PlanInputs } from './plan-inputs.ts';

type Inputs = Pick<PlanInputs, 'spec' | 'source' | 'destination' | 'state'>;

/** What a pinned version of the source is in the destination. */
type Mapped =
  | { readonly is: 'known'; readonly version: string }
  /** It will be the version that ends the copy of these rows. */
  | { readonly is: 'coming'; readonly rows: Address }
  | { readonly is: 'unknown' };

/**
 * Gives objects that pin a version of a dataset's rows the destination's version with the same content: one that an
 * earlier copy ended with, or the one that a copy of this plan will end with, when it copies exactly up to the pin. Any
 * other version is left out and reported, or blocks what means nothing without it; it is never taken for the newest.
 */
export function pinRows(drafts: readonly Draft[], copies: readonly Draft[], inputs: Inputs): Draft[] {
  const versions = new RowVersions(copies, inputs);
  return drafts.flatMap((draft) => {
    const [pin] = draft.source?.rowPins ?? [];
    if (pin === undefined || draft.op === 'blocked' || draft.op === 'link') return [draft];
    const mapped = versions.of(pin);
    if (mapped.is === 'unknown')
      return [pin.required ? blocked(draft, pin, 'version_not_newest') : without(draft, pin)];
    if (draft.op === 'create') return pinned(draft, pin, mapped);
    const { destination } = draft;
    if (destination === undefined || draft.op === 'delete') return [draft];
    const held = destination.rowPins.find(({ field }) => field === pin.field)?.version;
    if (mapped.is === 'known' && held !== undefined && sameVersion(held, mapped.version)) {
      return [draft.op === 'update' ? { ...draft, after: { ...draft.after, [pin.field]: held } } : draft];
    }
    const { onConflict } = inputs.spec.policy;
    if (onConflict === 'update' || versions.isOurs(draft.source, destination, held)) {
      return [moved({ ...draft, destination }, pin, mapped, held)];
    }
    // Somebody else chose this version: an assignment is then in conflict, and anything else keeps what it has.
    if (!pin.required) return [draft];
    return [
      onConflict === 'block' ? blocked(draft, pin, 'conflict') : { ...draft, op: 'skip', reason: 'conflict_skipped' },
    ];
  });
}

/** The version map of the state, and what the copies of this plan will add to it. */
class RowVersions {
  private readonly copies: ReadonlyMap<Address, Draft>;
  private readonly inputs: Inputs;
  private readonly created: ReadonlySet<string>;
  private readonly written: ReadonlySet<string>;

  constructor(copies: readonly Draft[], inputs: Inputs) {
    const { mappings, versions } = inputs.state;
    const created = mappings.filter(({ origin }) => origin === 'created');
    this.created = new Set(created.map((one) => `${one.kind} ${one.sourceId} ${one.destinationId}`));
    this.written = new Set(versions.map(({ destination }) => destination));
    this.copies = new Map(copies.filter(({ op }) => op === 'copy').map((copy) => [copy.address, copy]));
    this.inputs = inputs;
  }

  /** True when what the destination holds was chosen by us: we made the object, or it points where a copy of ours ended. */
  isOurs(source: Resource | undefined, destination: Resource, held: string | undefined): boolean {
    if (held !== undefined && this.written.has(held)) return true;
    return source !== undefined && this.created.has(`${source.kind} ${source.id} ${destination.id}`);
  }

  of({ target, version }: RowPin): Mapped {
    const { source, destination, state } = this.inputs;
    const container = source.resources.get(target)?.id;
    const there = destination.resources.get(target)?.id;
    // A version of a container that took the place of another one is not a version of this one.
    const isCopied = state.streams.some(
      (one) => one.stream === 'dataset_rows' && one.container === container && one.destinationContainer === there,
    );
    const pair = state.versions.find(
      (one) => one.kind === 'dataset_rows' && one.sourceId === container && sameVersion(one.source, version),
    );
    if (isCopied && pair !== undefined) return { is: 'known', version: pair.destination };
    const rows = formatAddress('dataset_rows', parseAddress(target).path);
    const newest = this.copies.get(rows)?.after?.xact_up_to;
    return typeof newest === 'string' && sameVersion(newest, version) ? { is: 'coming', rows } : { is: 'unknown' };
  }
}

// What means nothing without its pin is made when the version is there; anything else gets it in a second write.
function pinned(draft: Draft, { field, required }: RowPin, mapped: Exclude<Mapped, { is: 'unknown' }>): Draft[] {
  if (mapped.is === 'known') return [{ ...draft, after: { ...draft.after, [field]: mapped.version } }];
  const version = { [field]: { $version: mapped.rows } };
  const waitsFor = [...(draft.waitsFor ?? []), actionId('copy', mapped.rows)];
  if (required) return [{ ...draft, after: { ...draft.after, ...version }, waitsFor }];
  const { address, source } = draft;
  const link = { op: 'link', address, reason: 'rows_copied', source, destination: undefined, losses: [] } as const;
  return [draft, { ...link, after: version, waitsFor }];
}

function moved(
  draft: Draft & { readonly destination: Resource },
  { field }: RowPin,
  mapped: Exclude<Mapped, { is: 'unknown' }>,
  held: string | undefined,
): Draft {
  const value = mapped.is === 'known' ? mapped.version : { $version: mapped.rows };
  const before = draft.before ?? draft.destination.fields;
  const change = { path: field, ...(held === undefined ? {} : { before: held }), after: value };
  const waits = mapped.is === 'known' ? [] : [actionId('copy', mapped.rows)];
  return {
    ...draft,
    op: 'update',
    reason: draft.op === 'update' ? draft.reason : 'rows_copied',
    before,
    after: { ...(draft.after ?? before), [field]: value },
    changes: [...(draft.changes ?? []), change],
    waitsFor: [...(draft.waitsFor ?? []), ...waits],
  };
}

function without(draft: Draft, { field }: RowPin): Draft {
  return { ...draft, losses: [...draft.losses, { path: field, reason: 'pin_dropped' }] };
}

function blocked(draft: Draft, { field, target, version }: RowPin, reason: 'version_not_newest' | 'conflict'): Draft {
  const { address, source, destination } = draft;
  const changes = [{ path: field, after: { $pin: `${target}@${version}` } }];
  return { op: 'blocked', address, reason, source, destination, changes, losses: [] };
}
