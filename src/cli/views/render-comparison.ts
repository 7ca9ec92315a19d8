import { Chalk } from 'chalk';
import type { DriftItem } from '../../domain/drift.ts';
import { clipText } from './clip-text.ts';
import { COMPARISON_WORDS, summarizeComparison } from './comparison-words.ts';
import { formatCount } from './count-words.ts';
import { diffChanges } from './render-diff.ts';
import { showDiffLine } from './show-diff-line.ts';

export interface ComparisonOptions {
  readonly color: boolean;
  /** Leaves out the names of what is equal; it is counted all the same. */
  readonly onlyDifferences: boolean;
}

const MOST_DIFF_LINES = 200;

/** Renders how two organizations differ for a terminal, ending in a newline: object by object, then the sums. */
export function renderComparison(items: readonly DriftItem[], { color, onlyDifferences }: ComparisonOptions): string {
  const paint = new Chalk({ level: color ? 1 : 0 });
  const lines: string[] = [];
  if (items.some(({ changes }) => changes.length > 0)) lines.push('Values are shown as destination -> source.', '');
  for (const [status, { symbol, title }] of COMPARISON_WORDS) {
    const members = items.filter((item) => item.status === status);
    if (members.length === 0 || (onlyDifferences && status === 'in_sync')) continue;
    lines.push(paint.bold(`${title} (${formatCount(members.length)})`));
    for (const { address, detail, changes } of members) {
      lines.push(` ${symbol} ${clipText(address)}`);
      if (detail !== undefined) lines.push(`     ${clipText(detail)}`);
      for (const field of diffChanges(changes, MOST_DIFF_LINES, 'found')) {
        lines.push(`     ${field.path}: ${field.headline}`);
        for (const line of field.lines) lines.push(`     ${showDiffLine(line, paint)}`.trimEnd());
      }
    }
    lines.push('');
  }
  lines.push(paint.bold(summarizeComparison(items)));
  return `${lines.join('\n')}\n`;
}
