import { kindOf } from '../../domain/address.ts';
import type { PlannedAction } from '../../domain/plan.ts';
import { actionDiff } from './action-diff.ts';
import { actionNotes } from './action-notes.ts';
import { formatCount } from './count-words.ts';
import type { MarkdownBlock, MarkdownSection } from './fit-markdown.ts';
import { objectContent } from './object-content.ts';
import type { PlanOutline } from './plan-outline.ts';
import { ACCEPT_HINT, BLOCKED_WORDS, reasonWords } from './plan-words.ts';
import { codeSpan, contentFenceLines, diffFenceLines, fenceDiff } from './render-markdown-code.ts';

const MOST_DIFF_LINES = 40;
/** Creates are shown when everything else has its place, kinds of few objects first. */
const RANK_OF_CREATES = 2;

/** What is blocked, by reason: what it means and what to do, then every object, the open ones first. */
export function blockedSections(outline: PlanOutline): MarkdownSection[] {
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
      blocks: actions.map((action) => ({ counted: 'blocked', write: () => wholeItem(action, outline) })),
    };
  });
}

/** Every action with all that it changes or destroys. */
export function fullSection(title: string, actions: readonly PlannedAction[], outline: PlanOutline): MarkdownSection {
  return {
    open: `### ${title}\n\n`,
    close: '\n',
    blocks: actions.map((action) => ({ counted: action.op, write: () => wholeItem(action, outline) })),
  };
}

/** Every action by name, as a list. */
export function nameSection(title: string, counted: string, actions: readonly PlannedAction[]): MarkdownSection {
  return {
    open: `### ${title}\n\n`,
    close: '\n',
    blocks: actions.map(({ address }) => ({ counted, write: () => `- ${codeSpan(address)}\n` })),
  };
}

/** Actions with their differences, in at most `share` characters; the others by name. */
export function updateSection(
  title: string,
  actions: readonly PlannedAction[],
  outline: PlanOutline,
  shares: { readonly share: number; readonly briefShare: number },
): MarkdownSection {
  return {
    open: `### ${title}\n\n`,
    close: '\n',
    blocks: actions.map((action) => shortenable(action, outline)),
    ...shares,
    briefOpen: `### ${title} whose diff is left out here\n\n`,
  };
}

/** New objects by kind, each kind folded away, with content in at most `share` characters; the others by name. */
export function createSections(
  actions: readonly PlannedAction[],
  outline: PlanOutline,
  share: number,
): MarkdownSection[] {
  const kinds = new Map<string, PlannedAction[]>();
  for (const action of actions) {
    const members = kinds.get(kindOf(action.address)) ?? [];
    members.push(action);
    kinds.set(kindOf(action.address), members);
  }
  return [...kinds].map(([kind, members]) => ({
    open: `<details><summary>create ${kind} (${formatCount(members.length)})</summary>\n\n`,
    close: '\n</details>\n\n',
    blocks: members.map((action) => shortenable(action, outline)),
    share,
    briefOpen: `<details><summary>create ${kind}, content left out here</summary>\n\n`,
    rank: RANK_OF_CREATES + members.length,
  }));
}

function shortenable(action: PlannedAction, outline: PlanOutline): MarkdownBlock {
  return {
    counted: action.op,
    write: () => wholeItem(action, outline),
    brief: () => listItem(action, outline),
  };
}

function wholeItem(action: PlannedAction, outline: PlanOutline): string {
  const { notes, fields, more } = objectContent(action);
  const sign = action.op === 'delete' ? '-' : '+';
  const content = contentFenceLines(fields, more, sign);
  const diff = diffFenceLines(actionDiff(action, outline, MOST_DIFF_LINES));
  return listItem(action, outline, notes) + fenced(content) + fenced(diff);
}

function listItem(action: PlannedAction, outline: PlanOutline, more: readonly string[] = []): string {
  const notes = actionNotes(action, outline);
  const why = action.op === 'blocked' ? '' : `: ${reasonWords(action.reason, action.op)}`;
  const lines = [...notes.lines, ...(notes.command === undefined ? [] : [notes.command]), ...more];
  return [`- ${codeSpan(action.address)}${why}\n`, ...lines.map((line) => `  - ${codeSpan(line, 2_000)}\n`)].join('');
}

/** A fenced block that belongs to the list item before it. */
function fenced(lines: readonly string[]): string {
  if (lines.length === 0) return '';
  const block = fenceDiff(lines).trimEnd().split('\n');
  return `\n${block.map((line) => `  ${line}\n`).join('')}\n`;
}
