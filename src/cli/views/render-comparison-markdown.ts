import type { DriftItem } from '../../domain/drift.ts';
import type { OrgIdentity } from '../../domain/org.ts';
import { COMPARISON_WORDS, summarizeComparison } from './comparison-words.ts';
import { formatCount, plural } from './count-words.ts';
import { fitMarkdown, type LeftOut, type MarkdownSection } from './fit-markdown.ts';
import { diffChanges } from './render-diff.ts';
import { codeSpan, diffFenceLines, fenceDiff } from './render-markdown-code.ts';

export interface ComparisonPage {
  readonly source: OrgIdentity;
  readonly destination: OrgIdentity;
  readonly onlyDifferences: boolean;
  readonly maxChars: number;
}

const MOST_DIFF_LINES = 40;

/**
 * Renders how two organizations differ as Markdown of at most `maxChars`, cut between objects only. Names from outside
 * stand in code spans and fences only.
 */
export function renderComparisonMarkdown(items: readonly DriftItem[], page: ComparisonPage): string {
  const { source, destination, onlyDifferences, maxChars } = page;
  const head = [
    `## Comparison: ${codeSpan(source.orgName, 80)} and ${codeSpan(destination.orgName, 80)}`,
    '',
    `**${summarizeComparison(items)}**`,
    '',
    'In diffs, lines with `-` are what the destination has, lines with `+` what the source has.',
    '',
    '',
  ].join('\n');
  const sections = COMPARISON_WORDS.flatMap(([status, { title }]): MarkdownSection[] => {
    const members = items.filter((item) => item.status === status);
    const count = formatCount(members.length);
    if (members.length === 0 || (onlyDifferences && status === 'in_sync')) return [];
    const folded = status === 'in_sync';
    return [
      {
        open: folded ? `<details><summary>${title} (${count})</summary>\n\n` : `### ${title} (${count})\n\n`,
        close: folded ? '\n</details>\n\n' : '\n',
        blocks: members.map((item) => ({ counted: 'object', write: () => whole(item), brief: () => named(item) })),
        briefOpen: `### ${title}, without diff\n\n`,
      },
    ];
  });
  return fitMarkdown(head, sections, (leftOut) => foot(leftOut, maxChars), maxChars);
}

function whole(item: DriftItem): string {
  const lines = diffFenceLines(diffChanges(item.changes, MOST_DIFF_LINES, 'found'));
  if (lines.length === 0) return named(item);
  const block = fenceDiff(lines).trimEnd().split('\n');
  return `${named(item)}\n${block.map((line) => `  ${line}\n`).join('')}\n`;
}

function named({ address, detail }: DriftItem): string {
  return `- ${codeSpan(address)}${detail === undefined ? '' : `: ${detail}`}\n`;
}

function foot({ missing, shortened }: LeftOut, maxChars: number): string {
  const count = (counts: ReadonlyMap<string, number>): number => counts.get('object') ?? 0;
  const parts = [
    ...(count(missing) > 0 ? [plural(count(missing), 'object')] : []),
    ...(count(shortened) > 0 ? [`the diff of ${plural(count(shortened), 'object')}`] : []),
  ];
  return `**Left out** to stay within ${plural(maxChars, 'character')}: ${parts.join(', ')}. See compare --json.\n`;
}
