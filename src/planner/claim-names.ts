import { type Address, kindOf } from '../domain/address.ts';
import type { ResourceKind } from '../domain/kind.ts';
import type { ActionId } from '../domain/plan.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { type Draft, draftId } from './draft.ts';
import { stronglyConnected } from './strongly-connected.ts';

export interface Claims {
  /** The drafts, each waiting for the update that gives up the name it takes. */
  readonly drafts: readonly Draft[];
  /** What wants a name that its holder does not give up, and that holder. */
  readonly collisions: ReadonlyMap<Address, Resource>;
}

/**
 * Finds out who takes which name from whom. A POST to a taken name answers with, or even writes over, the object that
 * has it (fact sheet 2.3), so whoever has it must be renamed first.
 */
export function claimNames(drafts: readonly Draft[], destination: Inventory): Claims {
  const holders = displacedHolders(destination);
  if (holders.size === 0) return { drafts, collisions: new Map() };
  const updates = new Map(drafts.filter(takesName).map((draft) => [draft.address, draft]));
  const waits = new Map<ActionId, ActionId>();
  const collisions = new Map<Address, Resource>();
  for (const draft of drafts) {
    const holder = takesName(draft) ? holders.get(tableKey(draft.address)) : undefined;
    if (holder === undefined || holder === draft.destination) continue;
    const release = updates.get(holder.address);
    if (release?.op === 'update' && release.destination === holder) waits.set(draftId(draft), draftId(release));
    else collisions.set(draft.address, holder);
  }
  // Names that go round in a circle cannot be given up one by one.
  const circles = stronglyConnected(waits.keys(), (id) => {
    const next = waits.get(id);
    return next === undefined ? [] : [next];
  });
  const stuck = new Set(circles.flat());
  for (const draft of drafts) {
    const holder = stuck.has(draftId(draft)) ? holders.get(tableKey(draft.address)) : undefined;
    if (holder !== undefined) collisions.set(draft.address, holder);
  }
  const waiting = drafts.map((draft) => {
    const release = waits.get(draftId(draft));
    return release === undefined ? draft : { ...draft, waitsFor: [release] };
  });
  return { drafts: waiting, collisions };
}

function takesName(draft: Draft): boolean {
  if (draft.op === 'create') return true;
  return draft.op === 'update' && draft.destination !== undefined && draft.destination.named !== draft.address;
}

// Objects that have a name which the plan knows as another object's.
function displacedHolders({ resources, ambiguous }: Inventory): Map<string, Resource> {
  const displaced = [...resources.values()].filter(({ named, address }) => named !== address);
  return new Map([...displaced, ...ambiguous].map((resource) => [tableKey(resource.named), resource]));
}

// Kinds in one table share their names.
function tableKey(address: Address): string {
  const kind = kindOf(address) as ResourceKind;
  const partner = PROVIDERS[kind].sharesTableWith;
  const table = partner !== undefined && partner < kind ? partner : kind;
  return table + address.slice(kind.length);
}
