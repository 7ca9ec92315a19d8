import type { DriftItem } from '../domain/drift.ts';
import type { VerifyItem, VerifySymbol } from '../domain/verification.ts';
import type { ObjectReferences } from '../verify/check-references.ts';

const SYMBOLS: Readonly<Record<DriftItem['status'], VerifySymbol>> = {
  in_sync: '=',
  source_moved: '*',
  destination_moved: '*',
  both_moved: '*',
  missing: '+',
  unmanaged: '-',
  unknown: '!',
};

/** The verdict about one object: its fields, and what it refers to in the destination. */
export function objectVerdict(item: DriftItem, references: ObjectReferences | undefined): VerifyItem {
  const verdict = verdictOfFields(item);
  if (references === undefined || item.status === 'unknown') return verdict;
  const { followed, broken, idsInText } = references;
  const figures: VerifyItem = {
    ...verdict,
    ...(followed === 0 ? {} : { references: { followed, broken: broken.length, kept: 0 } }),
    ...(idsInText === 0 ? {} : { ids_in_text: idsInText }),
  };
  const [first] = broken;
  if (first === undefined) return figures;
  const { tolerated: _, ...counted } = figures;
  const changed = item.changes[0]?.path;
  // Of a field that differs because of its reference the reference says more.
  const isElsewhere = changed !== undefined && !first.path.startsWith(changed) && !changed.startsWith(first.path);
  return { ...counted, symbol: '*', ...(isElsewhere ? {} : { first_difference: first }) };
}

function verdictOfFields({ address, status, changes, detail }: DriftItem): VerifyItem {
  const [first] = changes;
  return {
    address,
    level: 'object',
    symbol: SYMBOLS[status],
    source_rows: null,
    destination_rows: null,
    // What only the destination has is none of ours.
    ...(status === 'unmanaged' ? { tolerated: true } : {}),
    ...(first === undefined ? {} : { first_difference: { path: first.path } }),
    ...(detail === undefined ? {} : { detail }),
  };
}
