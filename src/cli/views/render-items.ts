import { Chalk, type ChalkInstance } from 'chalk';
import type { DriftItem, DriftStatus, Mover } from '../../domain/drift.ts';
import { clipText } from './clip-text.ts';
import { formatCount } from './count-words.ts';
import { diffChanges } from './render-diff.ts';
import { showDiffLine } from './show-diff-line.ts';

interface StatusWords {
  readonly symbol: string;
  readonly title: string;
  readonly meaning: string;
}

/** In the order in which they are shown: what needs a decision first. */
const STATUS_WORDS: Readonly<Record<Exclude<DriftStatus, 'in_sync'>, StatusWords>> = {
  both_moved: {
    symbol: '!',
    title: 'Changed on both sides',
    meaning: 'Apply would let the source win.',
  },
  destination_moved: {
    symbol: '~',
    title: 'Changed in the destination',
    meaning: 'Somebody changed it there since the last apply. Apply would put it back.',
  },
  source_moved: {
    symbol: '~',
    title: 'Changed in the source',
    meaning: 'Not applied yet. Apply would bring it over.',
  },
  missing: {
    symbol: '-',
    title: 'Missing in the destination',
    meaning: 'Not applied yet, or deleted there.',
  },
  unknown: {
    symbol: '?',
    title: 'Unknown',
    meaning: 'Could not be read, so nothing is said about it.',
  },
  unmanaged: {
    symbol: '+',
    title: 'Only in the destination',
    meaning: 'It is left alone.',
  },
};

const MOVER_WORDS: Readonly<Record<Mover, string>> = {
  source: '(the source changed it)',
  destination: '(the destination changed it)',
  both: '(both changed it)',
};

const MOST_DIFF_LINES = 200;
/** Things that are not ours are named up to this number only. */
const MOST_UNMANAGED = 50;

/** Renders how two organizations stand to each other, ending in a newline: what moved, by status, then the sums. */
export function renderItems(items: readonly DriftItem[], options: { readonly color: boolean }): string {
  const paint = new Chalk({ level: options.color ? 1 : 0 });
  const lines: string[] = [];
  const sums: string[] = [];
  if (items.some(({ changes }) => changes.some(({ path }) => !path.startsWith('rows.'))))
    lines.push('Values are shown as destination -> source.', '');
  for (const [status, words] of Object.entries(STATUS_WORDS)) {
    const members = items.filter((item) => item.status === status);
    if (members.length === 0) continue;
    sums.push(`${formatCount(members.length)} ${status.replace('_', ' ')}`);
    lines.push(`${paint.bold(`${words.title} (${formatCount(members.length)})`)}: ${words.meaning}`);
    const named = status === 'unmanaged' ? members.slice(0, MOST_UNMANAGED) : members;
    for (const item of named) pushItem(lines, item, words.symbol, paint);
    if (named.length < members.length)
      lines.push(`   and ${formatCount(members.length - named.length)} more, see --json`);
    lines.push('');
  }
  lines.push(paint.bold(summarizeItems(items, sums)));
  return `${lines.join('\n')}\n`;
}

function pushItem(lines: string[], item: DriftItem, symbol: string, paint: ChalkInstance): void {
  lines.push(` ${symbol} ${clipText(item.address)}`);
  if (item.detail !== undefined) lines.push(`     ${clipText(item.detail)}`);
  // Counts of rows stand in the detail: they are no values that one of the sides has.
  const values = item.changes.filter(({ path }) => !path.startsWith('rows.'));
  for (const change of values) {
    const by = change.moved === undefined ? '' : ` ${paint.dim(MOVER_WORDS[change.moved])}`;
    for (const field of diffChanges([change], MOST_DIFF_LINES, 'found')) {
      lines.push(`     ${field.path}: ${field.headline}${by}`);
      for (const line of field.lines) lines.push(`     ${showDiffLine(line, paint)}`.trimEnd());
    }
  }
}

function summarizeItems(items: readonly DriftItem[], sums: readonly string[]): string {
  const inSync = items.filter(({ status }) => status === 'in_sync').length;
  const parts = inSync > 0 ? [...sums, `${formatCount(inSync)} in sync`] : sums;
  const quiet = items.every(({ status }) => status === 'in_sync' || status === 'unmanaged');
  const opening = quiet ? 'No drift.' : 'Drift:';
  return parts.length === 0 ? opening : `${opening} ${parts.join(', ')}.`;
}
