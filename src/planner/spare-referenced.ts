import type { Address } from '../domain/address.ts';
import { compareText } from '../domain/json.ts';
import type { Inventory } from '../domain/resource.ts';
import { referrersOf } from '../inventory/referrers.ts';
import type { Draft } from './draft.ts';

/** Referrers that are named; more are counted. */
const MOST_REFERRERS = 20;

/** Blocks the deletion of whatever something that stays refers to or lives in, of what that in turn refers to, and so on. */
export function spareReferenced(drafts: readonly Draft[], destination: Inventory): Draft[] {
  const going = new Map(
    drafts.flatMap((draft) =>
      draft.op === 'delete' && draft.destination !== undefined ? [[draft.destination, draft] as const] : [],
    ),
  );
  const referrers = referrersOf(destination);
  const kept = new Set<Draft>();
  for (let found = true; found; ) {
    found = false;
    for (const [resource, draft] of going) {
      const staying = (referrers.get(resource.address) ?? []).filter((referrer) => !going.has(referrer));
      if (staying.length === 0) continue;
      going.delete(resource);
      kept.add(draft);
      found = true;
    }
  }
  return drafts.map((draft) => {
    if (!kept.has(draft)) return draft;
    const staying = (referrers.get(draft.address) ?? []).filter((referrer) => !going.has(referrer));
    return stop(draft, staying.map(({ address }) => address).sort(compareText));
  });
}

function stop({ before: _before, takesAlong: _takesAlong, ...draft }: Draft, referrers: readonly Address[]): Draft {
  const named = referrers.slice(0, MOST_REFERRERS);
  const blocked = { ...draft, op: 'blocked', reason: 'still_referenced' } as const;
  const changes = [{ path: 'referenced_by', before: named.length === 1 ? (named[0] ?? null) : named }];
  if (referrers.length === named.length) return { ...blocked, changes };
  return { ...blocked, changes: [...changes, { path: 'referenced_by_count', before: referrers.length }] };
}
