import { type Address, kindOf } from '../domain/address.ts';
import type { Json } from '../domain/json.ts';
import { type ActionId, actionId } from '../domain/plan.ts';
import type { Pin, Resource } from '../domain/resource.ts';
import { sameVersion } from '../domain/version.ts';
import { type Draft, draftId } from './draft.ts';
import { type Writers, writersByAddress } from './needed-actions.ts';
import type { PlanInputs } from './plan-inputs.ts';
import { rowsAddress, type VersionMap } from './version-map.ts';

type Inputs = Pick<PlanInputs, 'spec' | 'source' | 'destination' | 'state'> & { readonly versions: VersionMap };

/** What a pinned version of the source is in the destination. */
type Mapped =
  | { readonly is: 'known'; readonly version: string }
  /** It is known once these actions have succeeded. */
  | { readonly is: 'coming'; readonly marker: Json; readonly waits: readonly ActionId[]; readonly ofRows: boolean };

/**
 * Gives objects that pin a version the destination's version with the same content: one that an earlier run wrote, or one
 * that this plan will write. Rows get the version that their copy ends with, when it copies exactly up to the pin. Any
 * other version is left out and reported, or blocks what means nothing without it; it is never taken for the newest.
 */
export function pinVersions(drafts: readonly Draft[], copies: readonly Draft[], inputs: Inputs): Draft[] {
  const plan: Planned = {
    copies: new Map(copies.filter(({ op }) => op === 'copy').map((copy) => [copy.address, copy])),
    writers: writersByAddress(drafts),
    ours: new Ours(inputs),
    inputs,
  };
  return drafts.flatMap((draft) => {
    if (draft.op === 'blocked' || draft.op === 'delete') return [draft];
    return (draft.source?.pins ?? []).reduce<Draft[]>(
      ([current = draft, ...links], pin) => [...pinOne(current, pin, plan), ...links],
      [draft],
    );
  });
}

interface Planned {
  readonly copies: ReadonlyMap<Address, Draft>;
  readonly writers: Writers;
  readonly ours: Ours;
  readonly inputs: Inputs;
}

function pinOne(draft: Draft, pin: Pin, plan: Planned): Draft[] {
  if (draft.op === 'blocked') return [draft];
  const mapped = mapPin(pin, plan);
  if (mapped === undefined) return [pin.required ? blocked(draft, pin, 'version_not_newest') : without(draft, pin)];
  if (draft.op === 'create') return pinned(draft, pin, mapped);
  const { destination } = draft;
  if (destination === undefined) return [draft];
  const held = destination.pins.find(({ field }) => field === pin.field)?.version;
  if (mapped.is === 'known' && held !== undefined && sameVersion(held, mapped.version)) {
    return [draft.op === 'update' ? { ...draft, after: { ...draft.after, [pin.field]: held } } : draft];
  }
  const { onConflict } = plan.inputs.spec.policy;
  if (onConflict === 'update' || plan.ours.holds(draft.source, destination, held)) {
    return [moved({ ...draft, destination }, pin, mapped, held)];
  }
  // Somebody else chose this version: an assignment is then in conflict, and anything else keeps what it has.
  if (!pin.required) return [draft];
  return [
    onConflict === 'block' ? blocked(draft, pin, 'conflict') : { ...draft, op: 'skip', reason: 'conflict_skipped' },
  ];
}

function mapPin({ target, version }: Pin, { copies, writers, inputs }: Planned): Mapped | undefined {
  const { versions, source, destination } = inputs;
  const known = versions.known(target, version);
  if (kindOf(target) === 'dataset') {
    if (known !== undefined) return { is: 'known', version: known };
    const rows = rowsAddress(target);
    const newest = copies.get(rows)?.after?.xact_up_to;
    if (typeof newest !== 'string' || !sameVersion(newest, version)) return undefined;
    return { is: 'coming', marker: { $version: rows }, waits: [actionId('copy', rows)], ofRows: true };
  }
  const waits = (writers.get(target) ?? []).map(draftId);
  const newest = source.resources.get(target)?.version;
  if (newest !== undefined && sameVersion(newest, version)) {
    const there = destination.resources.get(target)?.version;
    if (waits.length === 0 && there !== undefined) return { is: 'known', version: there };
    return waits.length === 0 ? undefined : { is: 'coming', marker: { $version: target }, waits, ofRows: false };
  }
  if (known !== undefined) return { is: 'known', version: known };
  if (!versions.canBeWritten(target, version)) return undefined;
  return { is: 'coming', marker: { $pin: `${target}@${version}` }, waits, ofRows: false };
}

/** Tells whether what the destination holds was chosen by us: we made the object, or it points at a version of ours. */
class Ours {
  private readonly created: ReadonlySet<string>;
  private readonly written: ReadonlySet<string>;

  constructor({ state: { mappings, versions } }: Inputs) {
    const created = mappings.filter(({ origin }) => origin === 'created');
    this.created = new Set(created.map((one) => `${one.kind} ${one.sourceId} ${one.destinationId}`));
    this.written = new Set(versions.map(({ destination }) => destination));
  }

  holds(source: Resource | undefined, destination: Resource, held: string | undefined): boolean {
    if (held !== undefined && this.written.has(held)) return true;
    return source !== undefined && this.created.has(`${source.kind} ${source.id} ${destination.id}`);
  }
}

// What means nothing without its pin is made when the version is there. Rows take long: anything else gets theirs in a
// second write.
function pinned(draft: Draft, { field, required }: Pin, mapped: Mapped): Draft[] {
  if (mapped.is === 'known') return [{ ...draft, after: { ...draft.after, [field]: mapped.version } }];
  const version = { [field]: mapped.marker };
  if (required || !mapped.ofRows) {
    const waitsFor = [...(draft.waitsFor ?? []), ...mapped.waits];
    return [{ ...draft, after: { ...draft.after, ...version }, waitsFor }];
  }
  const { address, source } = draft;
  const link = { op: 'link', address, reason: 'rows_copied', source, destination: undefined, losses: [] } as const;
  return [draft, { ...link, after: version, waitsFor: mapped.waits }];
}

/** What is there already is written again when its pin is another one. */
function moved(
  draft: Draft & { readonly destination: Resource },
  { field }: Pin,
  mapped: Mapped,
  held: string | undefined,
): Draft {
  const value = mapped.is === 'known' ? mapped.version : mapped.marker;
  const before = draft.before ?? draft.destination.fields;
  const change = { path: field, ...(held === undefined ? {} : { before: held }), after: value };
  return {
    ...draft,
    op: 'update',
    reason:
      draft.op === 'update' ? draft.reason : mapped.is === 'coming' && mapped.ofRows ? 'rows_copied' : 'source_changed',
    before,
    after: { ...(draft.after ?? before), [field]: value },
    changes: [...(draft.changes ?? []), change],
    waitsFor: [...(draft.waitsFor ?? []), ...(mapped.is === 'known' ? [] : mapped.waits)],
  };
}

function without(draft: Draft, { field }: Pin): Draft {
  return { ...draft, losses: [...draft.losses, { path: field, reason: 'pin_dropped' }] };
}

function blocked(draft: Draft, { field, target, version }: Pin, reason: 'version_not_newest' | 'conflict'): Draft {
  const { address, source, destination } = draft;
  const changes = [{ path: field, after: { $pin: `${target}@${version}` } }];
  return { op: 'blocked', address, reason, source, destination, changes, losses: [] };
}
