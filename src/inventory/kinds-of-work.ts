import { type Address, kindOf } from '../domain/address.ts';
import { isResourceKind, type ResourceKind, ROW_REFERENCE_KINDS } from '../domain/kind.ts';
import type { PlannedAction } from '../domain/plan.ts';
import { deletesRows } from '../domain/stream-plan.ts';
import { ownersOf } from '../providers/owners-of.ts';
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
  const kinds = new Set(addresses.map(kindOf));
  const hasRows = work.some(({ op }) => op === 'copy');
  return neededKinds([...[...kinds].filter(isResourceKind), ...(hasRows ? ROW_REFERENCE_KINDS : [])]);
}

/** What an action refers to, in what it will write; rows refer to what they live in. */
export function referencesOf(action: PlannedAction): Address[] {
  if (action.op === 'copy' || deletesRows(action)) return ownersOf(action.address).slice(0, 1);
  if (action.after === undefined) return [];
  return findReferences(providerOf(action.address), action.after)
    .filter(({ marker }) => marker === '$ref' || marker === '$version')
    .map(({ text }) => text);
}
