import type { Address } from '../domain/address.ts';
import { type ActionId, actionId } from '../domain/plan.ts';
import { findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { type Draft, draftId } from './draft.ts';

export type Writers = ReadonlyMap<Address, readonly Draft[]>;

/** The drafts that give an object its id or a new version, by its address. */
export function writersByAddress(drafts: readonly Draft[]): Writers {
  const writers = new Map<Address, Draft[]>();
  for (const draft of drafts) {
    if (draft.op !== 'create' && draft.op !== 'update' && draft.op !== 'link') continue;
    const known = writers.get(draft.address);
    if (known === undefined) writers.set(draft.address, [draft]);
    else known.push(draft);
  }
  return writers;
}

/**
 * The actions that must have succeeded before a draft is carried out: an id is there after the create, a version only
 * once everything that writes one has happened, a name once its holder has given it up.
 */
export function neededActions(draft: Draft, writers: Writers): ActionId[] {
  if (draft.op === 'blocked') return (draft.blockedBy ?? []).map((address) => actionId('blocked', address));
  if (draft.op === 'copy') return (draft.needs ?? []).flatMap((address) => createsOf(address, writers));
  if (draft.source === undefined || draft.after === undefined || draft.op === 'skip' || draft.op === 'delete')
    return [];
  const own: ActionId[] = [...(draft.waitsFor ?? [])];
  if (draft.op === 'link') own.push(actionId('create', draft.address));
  for (const { rule, marker, text } of findReferences(PROVIDERS[draft.source.kind], draft.after)) {
    // Unlike its id, its own name is known before it exists.
    if (rule.by !== undefined && marker === '$ref' && text === draft.address) continue;
    for (const writer of writers.get(text) ?? []) {
      const isOwnLink = writer.op === 'link' && writer.address === draft.address;
      if ((writer.op === 'create' || marker === '$version') && !isOwnLink) own.push(draftId(writer));
    }
  }
  return own;
}

function createsOf(address: Address, writers: Writers): ActionId[] {
  return (writers.get(address) ?? []).filter(({ op }) => op === 'create').map(draftId);
}
