import { Chalk, type ChalkInstance } from 'chalk';
import type { ActionId } from '../../domain/plan.ts';
import type { ActionError, ActionResult, ActionStatus, RunSummary } from '../../domain/run-summary.ts';
import { clipText } from './clip-text.ts';
import { formatCount, formatDuration, plural } from './count-words.ts';
import { listDone } from './list-done.ts';
import { listRows } from './list-rows.ts';
import { BLOCKED_WORDS, type BlockedReason, SKIP_WORDS, type SkipReason } from './plan-words.ts';

export interface RunTextOptions {
  readonly color: boolean;
  /** The command that continues this run, printed when something is left to do. */
  readonly resumeCommand?: string;
}

const MOST_NAMED = 10;

/** Renders what an apply run did for a terminal, ending in a newline. The report file names every object. */
export function renderRunSummary(run: RunSummary, options: RunTextOptions): string {
  const paint = new Chalk({ level: options.color ? 1 : 0 });
  const byStatus = groupBy(run.actions, (action) => action.status);
  const of = (status: ActionStatus) => byStatus.get(status) ?? [];
  const causeOf = rootCauses(run.actions);
  const waiting = groupBy(of('not_attempted'), ({ id }) => causeOf(id));
  const unfinished = isUnfinished(run);
  const lines: string[] = [];
  lines.push(...listDone(run.actions));
  pushFailed(lines, of('failed'), waiting, paint);
  pushEnding(lines, run.ended_by, waiting.get(undefined) ?? [], paint);
  pushBlocked(lines, of('blocked'), paint);
  pushSkipped(lines, of('unchanged'));
  lines.push(...listRows(run));
  lines.push(paint.bold(runHeadline(run)));
  const { source, destination } = run.requests;
  lines.push(
    `${run.run_id === null || run.already_applied ? '' : `Run ${clipText(run.run_id)} took `}${formatDuration(run.duration_ms)}, ` +
      `${plural(source, 'request')} to the source, ${formatCount(destination)} to the destination.`,
  );
  if (unfinished && options.resumeCommand !== undefined) lines.push(`To go on: ${options.resumeCommand}`);
  return `${lines.join('\n')}\n`;
}

function isUnfinished({ actions, ended_by }: RunSummary): boolean {
  return ended_by !== undefined || actions.some(({ status }) => status === 'failed' || status === 'not_attempted');
}

/** `Applied: 12 created, 3 updated, 40 skipped.`; partly, when something failed, is left or is blocked and not accepted. */
export function runHeadline(run: RunSummary): string {
  const isOpen = run.actions.some(({ status, accepted }) => status === 'blocked' && accepted !== true);
  const partly = isUnfinished(run) || isOpen || run.summary.quarantined > 0;
  if (run.already_applied) {
    const extent = partly ? ', except what is blocked or quarantined' : '';
    return `Already applied by run ${clipText(run.run_id ?? 'unknown')}${extent}. Nothing was written.`;
  }
  const { created, updated, linked, deleted, adopted, skipped, blocked, failed, quarantined } = run.summary;
  const { rows_deleted: rowsDeleted = 0 } = run.summary;
  const notAttempted = run.actions.filter(({ status }) => status === 'not_attempted').length;
  const earlier = run.actions.filter(({ status }) => status === 'already_done').length;
  const copied = run.actions.filter(({ op, status }) => op === 'copy' && status === 'done').length;
  const parts = [
    [created, 'created'],
    [updated, 'updated'],
    [linked, 'linked'],
    [copied, `copied (${plural(run.summary.rows, 'row')})`],
    [deleted, 'deleted'],
    [rowsDeleted, `${rowsDeleted === 1 ? 'row' : 'rows'} deleted`],
    [adopted, 'adopted'],
    [earlier, 'done by an earlier run'],
    [skipped - earlier, 'skipped'],
    [blocked, `blocked${acceptedOf(run)}`],
    [failed, 'failed'],
    [quarantined, 'quarantined'],
    [notAttempted, 'not attempted'],
  ] as const;
  const words = parts.filter(([count]) => count > 0).map(([count, what]) => `${formatCount(count)} ${what}`);
  const done = run.actions.some(({ status }) => ['done', 'recorded', 'already_done'].includes(status));
  const opening = !partly ? 'Applied' : done ? 'Partly applied' : 'Nothing was applied';
  return words.length === 0 ? `${opening}: there was nothing to do.` : `${opening}: ${words.join(', ')}.`;
}

function acceptedOf(run: RunSummary): string {
  const accepted = run.actions.filter((action) => action.accepted === true).length;
  return accepted === 0 ? '' : ` (${formatCount(accepted)} accepted)`;
}

function pushFailed(
  lines: string[],
  failed: readonly ActionResult[],
  waiting: ReadonlyMap<ActionId | undefined, readonly ActionResult[]>,
  paint: ChalkInstance,
): void {
  if (failed.length === 0) return;
  lines.push(paint.bold('Failed'));
  for (const action of failed) {
    lines.push(`${paint.red(' x')} ${action.op} ${clipText(action.address)}`);
    if (action.error !== undefined) pushError(lines, action.error);
    const dependents = waiting.get(action.id) ?? [];
    if (dependents.length > 0) {
      lines.push(`     not attempted because of it:`);
      pushNames(lines, dependents);
    }
  }
  lines.push('');
}

/** Finds the failed action at the end of the chain of what waited for what; undefined when the run ended first. */
function rootCauses(actions: readonly ActionResult[]): (id: ActionId) => ActionId | undefined {
  const results = new Map(actions.map((action) => [action.id, action]));
  return (id) => {
    const seen = new Set<ActionId>();
    let at = results.get(id);
    while (at?.status === 'not_attempted' && at.because_of !== undefined && !seen.has(at.id)) {
      seen.add(at.id);
      at = results.get(at.because_of);
    }
    return at?.status === 'failed' ? at.id : undefined;
  };
}

/** What ended the run, and what it therefore did not finish. */
function pushEnding(
  lines: string[],
  ending: ActionError | undefined,
  unreached: readonly ActionResult[],
  paint: ChalkInstance,
): void {
  if (ending === undefined && unreached.length === 0) return;
  lines.push(paint.bold(ending === undefined ? 'Not attempted' : 'The run ended early'));
  if (ending !== undefined) pushError(lines, ending);
  if (unreached.length > 0) {
    if (ending !== undefined) lines.push('     not finished because of it:');
    pushNames(lines, unreached);
  }
  lines.push('');
}

function pushError(lines: string[], error: ActionError): void {
  lines.push(`     ${clipText(error.code)}: ${clipText(error.summary)}`);
  for (const line of error.detail.split('\n')) lines.push(`     ${clipText(line)}`);
  if (error.hint !== undefined) lines.push(`     ${clipText(error.hint)}`);
}

function pushNames(lines: string[], actions: readonly ActionResult[]): void {
  for (const { op, address } of actions.slice(0, MOST_NAMED)) lines.push(`       ${op} ${clipText(address)}`);
  const more = actions.length - MOST_NAMED;
  if (more > 0) lines.push(`       and ${formatCount(more)} more`);
}

function pushBlocked(lines: string[], blocked: readonly ActionResult[], paint: ChalkInstance): void {
  if (blocked.length === 0) return;
  lines.push(paint.bold('Blocked'));
  for (const [reason, actions] of groupBy(blocked, (action) => action.reason as BlockedReason)) {
    const open = actions.filter((action) => action.accepted !== true);
    const accepted = open.length === 0 ? ', accepted' : '';
    lines.push(
      `${paint.magenta(' !')} ${reason} (${formatCount(actions.length)}${accepted}): ${BLOCKED_WORDS[reason].short}`,
    );
    if (open.length === 0) continue;
    lines.push(`     ${BLOCKED_WORDS[reason].next}`);
    pushNames(lines, open);
  }
  lines.push('');
}

function pushSkipped(lines: string[], unchanged: readonly ActionResult[]): void {
  if (unchanged.length === 0) return;
  lines.push('Skipped');
  for (const [reason, actions] of groupBy(unchanged, (action) => action.reason as SkipReason)) {
    lines.push(` = ${formatCount(actions.length)} ${SKIP_WORDS[reason]}`);
  }
  lines.push('');
}

function groupBy<Key extends string | ActionId | undefined>(
  actions: readonly ActionResult[],
  keyOf: (action: ActionResult) => Key,
): Map<Key, ActionResult[]> {
  const groups = new Map<Key, ActionResult[]>();
  for (const action of actions) {
    const group = groups.get(keyOf(action));
    if (group === undefined) groups.set(keyOf(action), [action]);
    else group.push(action);
  }
  return groups;
}
