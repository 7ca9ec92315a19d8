import type { Address } from '../domain/address.ts';
import { compareText } from '../domain/json.ts';
import { type Referrers, sparedByReferrers } from '../inventory/referrers.ts';
import type { Draft } from './draft.ts';

/** Referrers that are named; more are counted. */
const MOST_REFERRERS = 20;

/** Blocks the deletion of whatever something that stays refers to or lives in, of what that in turn refers to, and so on. */
export function spareReferenced(drafts: readonly Draft[], referrers: Referrers): Draft[] {
  const doomed = drafts.flatMap(({ op, destination: resource }) => (op === 'delete' ? (resource ?? []) : []));
  const spared = sparedByReferrers(doomed, referrers);
  return drafts.map((draft) => {
    const staying = draft.destination === undefined ? undefined : spared.get(draft.destination);
    if (draft.op !== 'delete' || staying === undefined) return draft;
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
