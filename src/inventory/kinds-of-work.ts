import type { Address } from '../domain/address.ts';
import type { ResourceKind } from '../domain/kind.ts';
import type { PlannedAction } from '../domain/plan.ts';
import { findReferences } from '../providers/references.ts';
import { providerOf } from '../providers/registry.ts';
import { neededKinds } from './needed-kinds.ts';

/**
 * The kinds that must be listed to carry out actions: of what is written, of what that refers to, and of what that in
 * turn refers to. A fingerprint holds the addresses of the references: without their kinds an untouched object would
 * look changed.
 */
export function kindsOfWork(work: readonly PlannedAction[]): ResourceKind[] {
  const addresses = work.flatMap((action) => [action.address, ...referencesOf(action)]);
  const objects = addresses.filter((address) => address !== 'organization');
  return neededKinds(new Set(objects.map((address) => providerOf(address).kind)));
}

/** What an action refers to, in what it will write. */
export function referencesOf(action: PlannedAction): Address[] {
  if (action.after === undefined) return [];
  return findReferences(providerOf(action.address), action.after)
    .filter(({ marker }) => marker === '$ref' || marker === '$version')
    .map(({ text }) => text);
}
