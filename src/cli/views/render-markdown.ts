import { kindOf } from '../../domain/address.ts';
import { compareText } from '../../domain/json.ts';
import { OPERATIONS, type Operation, type Plan, type PlanNotice, type PlannedAction } from '../../domain/plan.ts';
import { actionNotes } from './action-notes.ts';
import { formatCount, plural } from './count-words.ts';
import { fitMarkdown, type LeftOut, type MarkdownBlock, type MarkdownSection } from './fit-markdown.ts';
import { gatherChanges } from './gather-changes.ts';
import { noticeWords } from './notice-words.ts';
import {
  countOrUnknown,
  hasChanges,
  notMigratedItem,
  outlinePlan,
  type PlanOutline,
  summaryLine,
} from './plan-outline.ts';
import { ACCEPT_HINT, BLOCKED_WORDS, NOT_MIGRATED_WORDS, reasonWords, SKIP_WORDS } from './plan-words.ts';
import { diffChanges } from './render-diff.ts';
import { codeSpan, diffFenceLines, fenceDiff } from './render-markdown-code.ts';

/** Below this not even the sums and the digest are sure to fit. */
export const FEWEST_CHARACTERS = 1_000;
const MOST_DIFF_LINES = 40;
const MOST_NAMED = 10;
/** Part of the page that diffs may take, so that names of everything else still fit. */
const DIFF_SHARE = 0.6;

/**
 * Renders a plan as a comment for a pull request, at most `maxChars` (1,000 or more) long: totals, what is blocked or
 * deleted, updates with diffs, creates by kind, and what was left out. Names from outside stand in code spans and
 * fences only.
 */
export function renderMarkdown(plan: Plan, maxChars: number): string {
  const outline = outlinePlan(plan);
  const ordered = outline.groups.flatMap((group) => group.actions);
  const of = (op: Operation) => ordered.filter((action) => action.op === op);
  const sections: MarkdownSection[] = [
    totalsSection(ordered),
    ...blockedSections(outline),
    listSection('Deleted', of('delete'), outline),
    updateSection(of('update'), outline, maxChars * DIFF_SHARE),
    updateSection(of('link'), outline, maxChars * DIFF_SHARE, 'Second writes'),
    listSection('Rows to copy', of('copy'), outline),
    ...createSections(of('create'), outline),
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
  return [
    commentMarker(plan),
    `## Migration plan: ${codeSpan(plan.source.org, 80)} to ${codeSpan(plan.destination.org, 80)}`,
    '',
    `**${summaryLine(outline)}**`,
    '',
    `As of ${codeSpan(plan.as_of, 20)}${hasChanges(outline) ? `, ${requests}` : ''}. Digest ${codeSpan(plan.digest)}`,
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

function blockedSections(outline: PlanOutline): MarkdownSection[] {
  const needing = outline.blocked.map(({ reason, actions }) => ({
    reason,
    actions: [...actions].sort((a, b) => Number(a.accepted !== undefined) - Number(b.accepted !== undefined)),
  }));
  return needing.map(({ reason, actions }, index): MarkdownSection => {
    const words = BLOCKED_WORDS[reason];
    const accepted = actions.filter((action) => action.accepted !== undefined).length;
    const counts = `${formatCount(actions.length)}${accepted > 0 ? `, ${formatCount(accepted)} accepted` : ''}`;
    const advice = accepted === actions.length ? '' : ` **What to do:** ${words.next}`;
    const title = index === 0 ? `### Blocked\n\n${ACCEPT_HINT}\n\n` : '';
    return {
      open: `${title}#### ${codeSpan(reason)} (${counts}): ${words.short}\n\n${words.meaning}${advice}\n\n`,
      close: '\n',
      blocks: actions.map((action) => ({
        counted: 'blocked',
        write: () => listItem(action, outline) + diffOf(action, '  '),
      })),
    };
  });
}

function listSection(title: string, actions: readonly PlannedAction[], outline: PlanOutline): MarkdownSection {
  return {
    open: `### ${title}\n\n`,
    close: '\n',
    blocks: actions.map((action) => ({ counted: action.op, write: () => listItem(action, outline) })),
  };
}

function updateSection(
  actions: readonly PlannedAction[],
  outline: PlanOutline,
  share: number,
  title = 'Updates',
): MarkdownSection {
  const block = (action: PlannedAction): MarkdownBlock => ({
    counted: action.op,
    write: () => `${listItem(action, outline)}${diffOf(action, '  ')}`,
    brief: () => listItem(action, outline),
  });
  return {
    open: `### ${title}\n\n`,
    close: '\n',
    blocks: actions.map(block),
    share,
    briefOpen: `### ${title} whose diff is left out here\n\n`,
  };
}

function createSections(actions: readonly PlannedAction[], outline: PlanOutline): MarkdownSection[] {
  const kinds = new Map<string, PlannedAction[]>();
  for (const action of actions) {
    const members = kinds.get(kindOf(action.address)) ?? [];
    members.push(action);
    kinds.set(kindOf(action.address), members);
  }
  return [...kinds].map(([kind, members], index) => ({
    open: `${index === 0 ? '### Creates\n\n' : ''}<details><summary>${kind} (${formatCount(members.length)})</summary>\n\n`,
    close: '\n</details>\n\n',
    blocks: members.map((action) => ({ counted: 'create', write: () => listItem(action, outline) })),
  }));
}

function skippedSection(outline: PlanOutline): MarkdownSection {
  const lines = [...outline.skips].map(([reason, count]) => `- ${formatCount(count)} ${SKIP_WORDS[reason]}\n`);
  return {
    open: '### Skipped\n\n',
    close: '\n',
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

function listItem(action: PlannedAction, outline: PlanOutline): string {
  const notes = actionNotes(action, outline);
  const why = action.op === 'blocked' ? '' : `: ${reasonWords(action.reason, action.op)}`;
  const lines = notes.command === undefined ? notes.lines : [...notes.lines, notes.command];
  return [`- ${codeSpan(action.address)}${why}\n`, ...lines.map((line) => `  - ${codeSpan(line, 2_000)}\n`)].join('');
}

/** A fenced diff that belongs to the list item before it. */
function diffOf(action: PlannedAction, indent: string): string {
  const lines = diffFenceLines(diffChanges(gatherChanges(action), MOST_DIFF_LINES));
  if (lines.length === 0) return '';
  const fenced = fenceDiff(lines).trimEnd().split('\n');
  return `\n${fenced.map((line) => `${indent}${line}\n`).join('')}\n`;
}

function renderFoot({ missing, shortened }: LeftOut, plan: Plan, maxChars: number): string {
  const words = (counts: ReadonlyMap<string, number>, suffix: string) =>
    [...counts]
      .sort(([a], [b]) => compareText(a, b))
      .map(([what, count]) => plural(count, what + suffix, pluralOf(what) + suffix));
  const parts = [...words(missing, ''), ...words(shortened, ' without its diff')];
  return `**Left out** to stay within ${plural(maxChars, 'character')}: ${parts.join(', ')}. See plan.out ${codeSpan(plan.digest)}\n`;
}

function pluralOf(what: string): string {
  if (what === 'blocked' || what === 'totals by kind') return what;
  if (what === 'copy') return 'copies';
  return what.replace(/^(\w+)/, '$1s');
}
