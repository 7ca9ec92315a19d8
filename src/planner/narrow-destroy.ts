import { type AddressPattern, matchesPattern } from '../domain/address.ts';
import type { Inventory } from '../domain/resource.ts';
import { referrersOf } from '../inventory/referrers.ts';
import { ownersOf } from '../providers/owners-of.ts';
import type { Draft } from './draft.ts';
import { matchesNothing, type Narrowing } from './narrow-actions.ts';

/**
 * Leaves out what `--exclude` names; keeps what `--target` names with whatever refers to it. What holds a target is not
 * taken along: a project stays when one of its experiments is named, and then so does an experiment that it refers to.
 * @throws BTM_UNKNOWN_ADDRESS when a pattern matches nothing.
 */
export function narrowDestroy(
  drafts: readonly Draft[],
  { targets, excludes }: Narrowing,
  destination: Inventory,
): Draft[] {
  for (const pattern of [...targets, ...excludes]) {
    if (!drafts.some((draft) => isMeant(pattern, draft))) throw matchesNothing(pattern);
  }
  const kept = drafts.filter((draft) => !excludes.some((pattern) => isMeant(pattern, draft)));
  if (targets.length === 0) return kept;
  const byAddress = new Map(kept.map((draft) => [draft.address, draft]));
  const referrers = referrersOf(destination);
  const wanted = new Set<Draft>();
  const open = kept.filter((draft) => targets.some((pattern) => isMeant(pattern, draft)));
  for (let draft = open.pop(); draft !== undefined; draft = open.pop()) {
    if (wanted.has(draft)) continue;
    wanted.add(draft);
    if (draft.op !== 'delete') continue;
    const holders = new Set(ownersOf(draft.address));
    for (const { address } of referrers.get(draft.address) ?? []) {
      const referrer = holders.has(address) ? undefined : byAddress.get(address);
      if (referrer !== undefined) open.push(referrer);
    }
  }
  return kept.filter((draft) => wanted.has(draft));
}

function isMeant(pattern: AddressPattern, { address }: Draft): boolean {
  return !address.endsWith('.*') && matchesPattern(pattern, address);
}
