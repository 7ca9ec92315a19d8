import { Chalk, type ChalkInstance } from 'chalk';
import type { Operation, Plan, PlanNotice, PlannedAction } from '../../domain/plan.ts';
import { actionDiff } from './action-diff.ts';
import { actionNotes } from './action-notes.ts';
import { clipText } from './clip-text.ts';
import { copySums } from './copy-words.ts';
import { formatCount, plural } from './count-words.ts';
import { noticeWords } from './notice-words.ts';
import { type ObjectContent, objectContent } from './object-content.ts';
import {
  countOrUnknown,
  hasChanges,
  type NotMigratedGroup,
  notMigratedItem,
  outlinePlan,
  type PlanOutline,
  summaryLine,
} from './plan-outline.ts';
import {
  ACCEPT_HINT,
  BLOCKED_WORDS,
  NOT_MIGRATED_WORDS,
  OPERATION_WORDS,
  reasonWords,
  SKIP_WORDS,
} from './plan-words.ts';
import type { DiffLine } from './render-diff.ts';
import { rowDeletionSums } from './row-deletion-words.ts';
import { showDiffLine } from './show-diff-line.ts';

export interface PlanTextOptions {
  readonly color: boolean;
  /** Names every skipped object, besides counting them by reason. */
  readonly showSkips?: boolean;
}

/** Longest difference of one field that is printed; what is beyond it is counted. */
const MOST_DIFF_LINES = 200;
const MOST_NAMED = 10;

/** Renders a plan for a terminal, ending in a newline: organization first, then project by project, then the sums. */
export function renderPlan(plan: Plan, options: PlanTextOptions): string {
  const paint = new Chalk({ level: options.color ? 1 : 0 });
  const outline = outlinePlan(plan);
  const lines = [
    `${paint.bold(plan.mode === 'destroy' ? 'Destroy plan' : 'Plan')} for ${clipText(plan.destination.org)} (${clipText(plan.destination.url)})`,
    `${plan.mode === 'destroy' ? 'deletes what was migrated ' : ''}from ${clipText(plan.source.org)} (${clipText(plan.source.url)}), as of ${clipText(plan.as_of)}`,
    ...(plan.redacted === undefined
      ? []
      : ['Values are left out; paths, references and sizes are shown (--redact content).']),
    '',
  ];
  for (const group of outline.groups) {
    const shown = group.actions.filter((action) => action.op !== 'skip' || options.showSkips === true);
    if (shown.length === 0) continue;
    lines.push(paint.bold(group.project === undefined ? 'Organization' : `Project ${clipText(group.project)}`));
    for (const action of shown) pushAction(lines, action, outline, paint);
    lines.push('');
  }
  pushActing(lines, outline);
  pushBlocked(lines, outline, paint);
  pushSkips(lines, outline);
  pushNotMigrated(lines, outline.notMigrated);
  pushNotices(lines, plan.notices ?? []);
  lines.push(paint.bold(summaryLine(outline)));
  lines.push(...copySums(outline.counts.copy, plan.estimates), ...rowDeletionSums(plan.actions));
  if (hasChanges(outline) && plan.estimates.requests !== null) {
    const { source, destination } = plan.estimates.requests;
    lines.push(
      `Requests to apply it: about ${formatCount(source)} to the source, ${formatCount(destination)} to the destination.`,
    );
  }
  lines.push(`Digest: ${plan.digest}`);
  return `${lines.join('\n')}\n`;
}

function pushAction(lines: string[], action: PlannedAction, outline: PlanOutline, paint: ChalkInstance): void {
  const { symbol, word } = OPERATION_WORDS[action.op];
  const label = painterOf(action.op, paint)(`${symbol.padStart(2)} ${word.padEnd(7)}`);
  lines.push(`${label} ${clipText(action.address)}: ${reasonWords(action.reason, action.op)}`);
  const notes = actionNotes(action, outline);
  for (const note of notes.lines) lines.push(`             ${note}`);
  if (notes.command !== undefined) lines.push(`             ${notes.command}`);
  for (const field of actionDiff(action, outline, MOST_DIFF_LINES)) {
    lines.push(`             ${field.path}: ${field.headline}`);
    for (const line of field.lines) lines.push(`             ${showDiffLine(line, paint)}`.trimEnd());
  }
  pushContent(lines, objectContent(action), action.op === 'delete' ? 'removed' : 'added', paint);
}

function pushContent(
  lines: string[],
  { notes, fields, more }: ObjectContent,
  kind: 'added' | 'removed',
  paint: ChalkInstance,
): void {
  for (const note of notes) lines.push(`             ${note}`);
  const show = (line: DiffLine): void => void lines.push(`             ${showDiffLine(line, paint)}`);
  for (const { path, headline, lines: text, hidden } of fields) {
    lines.push(`             ${path}: ${headline}`);
    for (const line of text) show({ kind, text: line });
    if (hidden > 0) show({ kind: 'note', text: `… ${plural(hidden, 'more line')}, see show --format json` });
  }
  if (more > 0) lines.push(`             … ${plural(more, 'more field')}, see show --format json`);
}

function pushActing(lines: string[], { acting }: PlanOutline): void {
  if (acting.length === 0) return;
  lines.push('Acts on rows as soon as it exists');
  for (const { address } of acting.slice(0, MOST_NAMED)) lines.push(` + ${clipText(address)}`);
  const more = acting.length - MOST_NAMED;
  if (more > 0) lines.push(`   and ${formatCount(more)} more, see show --format json`);
  lines.push('');
}

function pushBlocked(lines: string[], outline: PlanOutline, paint: ChalkInstance): void {
  if (outline.blocked.length === 0) return;
  lines.push(paint.bold('What is blocked, and what to do'));
  for (const { reason, actions } of outline.blocked) {
    const words = BLOCKED_WORDS[reason];
    const accepted = actions.filter((action) => action.accepted !== undefined).length;
    const open = accepted === 0 ? '' : `, ${formatCount(accepted)} accepted`;
    lines.push(
      `${painterOf('blocked', paint)(' !')} ${reason} (${formatCount(actions.length)}${open}): ${words.short}`,
    );
    lines.push(`     ${words.meaning}`);
    if (accepted === actions.length) continue;
    lines.push(`     ${words.next}`);
  }
  if (outline.counts.blocked > outline.accepted) lines.push(` ${ACCEPT_HINT}`);
  lines.push('');
}

function pushSkips(lines: string[], outline: PlanOutline): void {
  const reasons = [...outline.skips].filter(([reason]) => reason !== 'in_sync');
  if (reasons.length === 0) return;
  lines.push('Skipped');
  for (const [reason, count] of reasons) lines.push(` = ${formatCount(count)} ${SKIP_WORDS[reason]}`);
  lines.push('');
}

function pushNotMigrated(lines: string[], groups: readonly NotMigratedGroup[]): void {
  if (groups.length === 0) return;
  lines.push('Not migrated');
  for (const { reason, items, count } of groups) {
    lines.push(` ${reason} (${countOrUnknown(count)}): ${NOT_MIGRATED_WORDS[reason]}`);
    for (const item of items.slice(0, MOST_NAMED)) {
      lines.push(`     ${notMigratedItem(item)}`);
    }
    const more = items.length - MOST_NAMED;
    if (more > 0) lines.push(`     and ${formatCount(more)} more, see show --format json`);
  }
  lines.push('');
}

function pushNotices(lines: string[], notices: readonly PlanNotice[]): void {
  if (notices.length === 0) return;
  lines.push('To look at in the spec');
  for (const notice of notices) lines.push(` ${noticeWords(notice, clipText)}`);
  lines.push('');
}

function painterOf(op: Operation, paint: ChalkInstance): ChalkInstance {
  switch (op) {
    case 'create':
      return paint.green;
    case 'update':
      return paint.yellow;
    case 'delete':
      return paint.red;
    case 'link':
      return paint.cyan;
    case 'copy':
      return paint.blue;
    case 'blocked':
      return paint.magenta;
    case 'skip':
      return paint.dim;
  }
}
