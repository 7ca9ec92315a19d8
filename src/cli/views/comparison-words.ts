import type { DriftItem, DriftStatus } from '../../domain/drift.ts';
import { formatCount } from './count-words.ts';

/** What a status says about two organizations that are compared without a state. */
export interface ComparisonWords {
  readonly symbol: string;
  readonly title: string;
  /** For the sums: `3 different`. */
  readonly short: string;
}

/** In the order in which they are shown. Without a state nobody can tell which side moved. */
export const COMPARISON_WORDS: readonly (readonly [status: DriftStatus, words: ComparisonWords])[] = [
  ['unknown', { symbol: '?', title: 'Could not be read', short: 'unknown' }],
  ['both_moved', { symbol: '~', title: 'Different', short: 'different' }],
  ['missing', { symbol: '-', title: 'Only in the source', short: 'only in the source' }],
  ['unmanaged', { symbol: '+', title: 'Only in the destination', short: 'only in the destination' }],
  ['in_sync', { symbol: '=', title: 'Equal', short: 'equal' }],
];

/** `Not the same: 1 different, 2 only in the source, 40 equal.` or `No difference: 43 equal.` */
export function summarizeComparison(items: readonly DriftItem[]): string {
  const sums = COMPARISON_WORDS.flatMap(([status, { short }]) => {
    const count = items.filter((item) => item.status === status).length;
    return count === 0 ? [] : [`${formatCount(count)} ${short}`];
  });
  if (items.some(({ status }) => status !== 'in_sync')) return `Not the same: ${sums.join(', ')}.`;
  return sums.length === 0 ? 'There is nothing to compare.' : `No difference: ${sums.join(', ')}.`;
}
