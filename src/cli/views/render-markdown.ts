import { kindOf } from '../../domain/address.ts';
import { compareText } from '../../domain/json.ts';
import { OPERATIONS, type Operation, type Plan, type PlanNotice, type PlannedAction } from '../../domain/plan.ts';
import { copySums } from './copy-words.ts';
import { formatCount, plural } from './count-words.ts';
import { fitMarkdown, type LeftOut, type MarkdownSection } from './fit-markdown.ts';
import { blockedSections, createSections, fullSection, nameSection, updateSection } from './markdown-actions.ts';
import { noticeWords } from './notice-words.ts';
import {
  compareActions,
  countOrUnknown,
  hasChanges,
  notMigratedItem,
  outlinePlan,
  type PlanOutline,
  summaryLine,
} from './plan-outline.ts';
import { NOT_MIGRATED_WORDS, SKIP_WORDS } from './plan-words.ts';
import { codeSpan } from './render-markdown-code.ts';
import { rowDeletionSums } from './row-deletion-words.ts';

/** Below this not even the sums and the digest are sure to fit. */
export const FEWEST_CHARACTERS = 1_000;
const MOST_NAMED = 10;
/** Part of the page that diffs may take, so that names of everything else still fit. */
const DIFF_SHARE = 0.5;
/** Part of the page that names of updates may take when there are new objects to be named, too. */
const NAMES_SHARE = 0.25;
/** Part of the page that the contents of new objects of one kind may take. */
const CONTENT_SHARE = 0.15;

/**
 * Renders a plan as a comment for a pull request, at most `maxChars` (1,000 or more) long: totals, what is blocked or
 * deleted, updates with diffs, creates by kind, and what was left out. Names from outside stand in code spans and
 * fences only.
 */
export function renderMarkdown(plan: Plan, maxChars: number): string {
  const outline = outlinePlan(plan);
  const ordered = outline.groups.flatMap((group) => group.actions);
  const byKind = [...ordered].sort(compareActions);
  const of = (op: Operation) => ordered.filter((action) => action.op === op);
  const shares = {
    share: maxChars * DIFF_SHARE,
    briefShare: maxChars * (outline.counts.create > 0 ? NAMES_SHARE : 1),
  };
  const sections: MarkdownSection[] = [
    totalsSection(byKind),
    ...blockedSections(outline),
    fullSection('Deleted', of('delete'), outline),
    updateSection('Updates', of('update'), outline, shares),
    updateSection('Second writes', of('link'), outline, shares),
    fullSection('Rows to copy', of('copy'), outline),
    nameSection('Acts on rows as soon as it exists', 'line on what acts on rows', outline.acting),
    ...createSections(
      byKind.filter(({ op }) => op === 'create'),
      outline,
      maxChars * CONTENT_SHARE,
    ),
    skippedSection(outline),
    notMigratedSection(outline),
    noticeSection(plan.notices ?? []),
  ].filter((section) => section.blocks.length > 0);
  const foot = (leftOut: LeftOut) => renderFoot(leftOut, plan, maxChars);
  const markdown = fitMarkdown(renderHead(plan, outline), sections, foot, maxChars);
  return markdown.length <= maxChars ? markdown : renderSums(plan, outline);
}

/** What stands in a comment too small for anything else. */
function renderSums(plan: Plan, outline: PlanOutline): string {
  const left = `**Left out**: ${plural(plan.actions.length, 'action')}, all of them. See plan.out ${codeSpan(plan.digest)}`;
  return `${commentMarker(plan)}\n**${summaryLine(outline)}**\n\n${left}\n`;
}

/** The hidden first line by which a bot finds the comment it wrote earlier for the same two organizations. */
function commentMarker(plan: Plan): string {
  const id = (text: string) => text.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 64);
  return `<!-- bt-migrate:plan:${id(plan.source.org_id)}:${id(plan.destination.org_id)} -->`;
}

function renderHead(plan: Plan, outline: PlanOutline): string {
  const estimate = plan.estimates.requests;
  const requests =
    estimate === null
      ? 'not estimated'
      : `about ${formatCount(estimate.source)} requests to the source and ${formatCount(estimate.destination)} to the destination`;
  const redacted = 'Values are left out; paths, references and sizes are shown.';
  return [
    commentMarker(plan),
    plan.mode === 'destroy'
      ? `## Destroy plan: deletes in ${codeSpan(plan.destination.org, 80)} what was migrated from ${codeSpan(plan.source.org, 80)}`
      : `## Migration plan: ${codeSpan(plan.source.org, 80)} to ${codeSpan(plan.destination.org, 80)}`,
    '',
    `**${summaryLine(outline)}**`,
    '',
    `As of ${codeSpan(plan.as_of, 20)}${hasChanges(outline) ? `, ${requests}` : ''}. Digest ${codeSpan(plan.digest)}`,
    ...copySums(outline.counts.copy, plan.estimates),
    ...rowDeletionSums(plan.actions),
    `From ${codeSpan(plan.source.url)} into ${codeSpan(plan.destination.url)}.${plan.redacted === undefined ? '' : ` ${redacted}`}`,
    '',
    '',
  ].join('\n');
}

function totalsSection(actions: readonly PlannedAction[]): MarkdownSection {
  const rows = new Map<string, Map<Operation, number>>();
  for (const { address, op } of actions) {
    const row = rows.get(kindOf(address)) ?? new Map<Operation, number>();
    rows.set(kindOf(address), row.set(op, (row.get(op) ?? 0) + 1));
  }
  const table = () =>
    [
      `| kind | ${OPERATIONS.join(' | ')} |`,
      `|---|${'---:|'.repeat(OPERATIONS.length)}`,
      ...[...rows].map(
        ([kind, row]) => `| ${kind} | ${OPERATIONS.map((op) => formatCount(row.get(op) ?? 0)).join(' | ')} |`,
      ),
      '\n',
    ].join('\n');
  return { open: '', close: '', blocks: rows.size === 0 ? [] : [{ counted: 'totals by kind', write: table }] };
}

function skippedSection(outline: PlanOutline): MarkdownSection {
  const lines = [...outline.skips].map(([reason, count]) => `- ${formatCount(count)} ${SKIP_WORDS[reason]}\n`);
  return {
    open: '### Skipped\n\n',
    close: '\n',
    rank: 1,
    blocks: lines.map((line) => ({ counted: 'reason to skip', write: () => line })),
  };
}

function noticeSection(notices: readonly PlanNotice[]): MarkdownSection {
  return {
    open: '### To look at in the spec\n\n',
    close: '\n',
    blocks: notices.map((notice) => ({
      counted: 'notice',
      write: () => `- ${noticeWords(notice, (name) => codeSpan(name))}\n`,
    })),
  };
}

function notMigratedSection(outline: PlanOutline): MarkdownSection {
  return {
    open: '### Not migrated\n\n',
    close: '\n',
    rank: 1,
    blocks: outline.notMigrated.map(({ reason, items, count }) => ({
      counted: 'reason not to migrate',
      write: () => {
        const named = items.slice(0, MOST_NAMED).map((item) => `  - ${codeSpan(notMigratedItem(item))}\n`);
        const more = items.length - named.length;
        return [
          `- ${codeSpan(reason)} (${countOrUnknown(count)}): ${NOT_MIGRATED_WORDS[reason]}\n`,
          ...named,
          more > 0 ? `  - and ${formatCount(more)} more\n` : '',
        ].join('');
      },
    })),
  };
}

function renderFoot({ missing, shortened }: LeftOut, plan: Plan, maxChars: number): string {
  const words = (counts: ReadonlyMap<string, number>, suffix: (what: string) => string) =>
    [...counts]
      .sort(([a], [b]) => compareText(a, b))
      .map(([what, count]) => plural(count, what + suffix(what), pluralOf(what) + suffix(what)));
  const parts = [
    ...words(missing, () => ''),
    ...words(shortened, (what) => (what === 'create' ? ' by name only' : ' without diff')),
  ];
  return `**Left out** to stay within ${plural(maxChars, 'character')}: ${parts.join(', ')}. See plan.out ${codeSpan(plan.digest)}\n`;
}

function pluralOf(what: string): string {
  if (what === 'blocked' || what === 'totals by kind') return what;
  if (what === 'copy') return 'copies';
  return what.replace(/^(\w+)/, '$1s');
}
