import { type Address, formatAddress, parseAddress } from '../domain/address.ts';
import type { Json } from '../domain/json.ts';
import { STREAM_OF } from '../domain/kind.ts';
import type { Reason } from '../domain/plan.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import type { IdMapping, StateSnapshot } from '../domain/state.ts';
import type { HeldRows } from '../inventory/held-rows.ts';
import { unreadInventory } from '../inventory/read-destination.ts';
import { mayHideReferrers, referrersOf } from '../inventory/referrers.ts';
import type { Draft } from './draft.ts';
import { FormerNames } from './former-names.ts';
import { isProtected } from './is-protected.ts';
import type { Narrowing } from './narrow-actions.ts';
import { narrowDestroy } from './narrow-destroy.ts';
import { spareReferenced } from './spare-referenced.ts';

/** What may be in a project without any list showing it; deleting the project deletes it (fact sheet 2.4). */
const UNSEEN = ['playground', 'custom_column'] as const;

export interface DestroyInputs {
  readonly spec: Spec;
  /** All of it, not only what the spec selects. */
  readonly destination: Inventory;
  readonly state: StateSnapshot;
  readonly narrowing: Narrowing;
  /** Of containers that the state created, by address; one that could not be counted is missing. */
  readonly rows: ReadonlyMap<Address, HeldRows>;
}

/** An object that the state created and that is where the state says. */
export interface CreatedObject {
  readonly mapping: IdMapping;
  readonly resource: Resource;
}

/**
 * Decides what becomes of everything that this state created, within what the spec selects: deleted, also when somebody
 * edited it since. What is protected stays, and so does a container with rows that are not ours, whatever is referred to
 * by something that stays, and whatever holds it. `--exclude` makes things stay; `--target` takes along what refers to them.
 * @throws BTM_UNKNOWN_ADDRESS when a pattern of these matches nothing.
 */
export function decideDestroy(inputs: DestroyInputs): Draft[] {
  const { destination, narrowing, state } = inputs;
  const former = new FormerNames({ source: unreadInventory(destination.org), destination, state });
  const drafts = [
    ...createdObjects(inputs).map((one) => decideObject(one, inputs, former)),
    ...adoptedObjects(inputs).map((resource) => bare(resource, 'skip', 'kept_adopted')),
    ...unseenObjects(inputs),
  ];
  return spareReferenced(narrowDestroy(drafts, narrowing, destination), referrersOf(destination));
}

/** The objects that the state created and the destination still has, whether or not they may go. */
export function createdObjects({ destination, state }: Pick<DestroyInputs, 'destination' | 'state'>): CreatedObject[] {
  const seen = new Set<Resource>();
  return state.mappings.flatMap((mapping): CreatedObject[] => {
    const resource = destination.find([mapping.kind], mapping.destinationId);
    if (mapping.origin !== 'created' || resource === undefined || resource.builtIn || seen.has(resource)) return [];
    seen.add(resource);
    return [{ mapping, resource }];
  });
}

function adoptedObjects({ destination, state }: DestroyInputs): Resource[] {
  const adopted = state.mappings.filter(({ origin }) => origin === 'adopted');
  return [...new Set(adopted.flatMap(({ kind, destinationId }) => destination.find([kind], destinationId) ?? []))];
}

function decideObject({ mapping, resource }: CreatedObject, inputs: DestroyInputs, former: FormerNames): Draft {
  const { spec, destination, rows } = inputs;
  if (!resource.selected) return bare(resource, 'skip', 'not_selected');
  const stream = STREAM_OF[resource.kind];
  const places = [
    resource.address,
    ...(stream === undefined ? [] : [formatAddress(stream, parseAddress(resource.address).path)]),
  ];
  if (places.some((place) => isProtected(spec, place))) return bare(resource, 'blocked', 'protected');
  const hidden = destination.unknown.find((list) => mayHideReferrers(list, resource.kind));
  if (hidden !== undefined) return because(bare(resource, 'blocked', 'list_failed'), 'unlisted', hidden.kind);
  const held = stream === undefined ? undefined : rows.get(resource.address);
  if (stream !== undefined && held === undefined) return bare(resource, 'blocked', 'rows_unknown');
  if (held !== undefined && held.notOurs > 0) {
    return because(bare(resource, 'blocked', 'rows_not_ours'), 'rows_not_ours', held.notOurs);
  }
  const isEdited = mapping.fingerprint !== former.ofResource(resource);
  const unseen = resource.kind === 'project' ? { unseen: UNSEEN } : {};
  return {
    ...bare(resource, 'delete', isEdited ? 'destroy_edited' : 'destroy'),
    before: resource.fields,
    ...(held === undefined ? {} : { takesAlong: { rows: held.rows, ...unseen } }),
  };
}

/**
 * What the state created and no list shows: gone, as far as the list of its kind can tell. It must not be taken for gone
 * when it only shares its address with another object, or hangs on something that is not listed.
 */
function unseenObjects({ spec, destination, state }: DestroyInputs): Draft[] {
  const failed = new Set(destination.unknown.map(({ kind }) => kind));
  const twins = new Map(destination.ambiguous.map((one) => [`${one.kind} ${one.id}`, one]));
  const drafts = new Map<string, Draft>();
  for (const { kind, destinationId, address, origin } of state.mappings) {
    if (origin !== 'created' || destination.find([kind], destinationId) !== undefined) continue;
    const twin = twins.get(`${kind} ${destinationId}`);
    const base = { address, source: undefined, destination: undefined, losses: [] };
    const draft: Draft =
      twin !== undefined
        ? { ...base, op: 'blocked', reason: 'ambiguous_name' }
        : failed.has(kind)
          ? { ...base, op: 'blocked', reason: 'list_failed', address: `${kind}.*` }
          : destination.orphans.has(kind)
            ? { ...base, op: 'blocked', reason: 'list_failed' }
            : { ...base, op: 'delete', reason: 'already_gone' };
    const isShown = destination.resources.has(draft.address) && draft.op === 'delete';
    if (spec.kinds.has(kind) && !isShown) drafts.set(`${draft.op} ${draft.address}`, draft);
  }
  return [...drafts.values()];
}

function because(draft: Draft, path: string, before: Json): Draft {
  return { ...draft, changes: [{ path, before }] };
}

function bare(resource: Resource, op: Draft['op'], reason: Reason): Draft {
  return { op, address: resource.address, reason, source: undefined, destination: resource, losses: [] };
}
