import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BtMigrateError, ERROR_CODES, type ErrorCode } from '../domain/errors.ts';
import { type Json, type JsonObject, prettyJson } from '../domain/json.ts';
import { hasWork, type Plan } from '../domain/plan.ts';
import type { ActionError, RunSummary } from '../domain/run-summary.ts';
import { TOOL_VERSION } from '../domain/tool-version.ts';
import { applyPlan } from '../executor/apply-plan.ts';
import { summarizeIdle } from '../executor/result-log.ts';
import { readPlanFile } from '../planner/plan-file.ts';
import { askApproval } from './ask-approval.ts';
import type { Workspace } from './compose.ts';
import type { CommandContext, CommandResult } from './define-command.ts';
import { planInWorkspace } from './plan-in-workspace.ts';
import { withHeldState } from './use-state.ts';
import { renderPlan } from './views/render-plan.ts';
import { renderRunSummary } from './views/render-run-summary.ts';
import { checkWritable, writePrivateFile } from './write-private-file.ts';

export interface ApplyFlags {
  readonly planFile: string | undefined;
  readonly expectedDigest: string | undefined;
  readonly approved: boolean;
  readonly reportFile: string | undefined;
}

/** Applies a saved plan, or makes one, shows it and asks; then reports what became of every action. */
export async function applyInWorkspace(
  context: CommandContext,
  workspace: Workspace,
  flags: ApplyFlags,
): Promise<CommandResult> {
  const plan =
    flags.planFile === undefined
      ? await planNow(context, workspace)
      : await readPlanFile(resolve(context.io.cwd, flags.planFile));
  if (flags.expectedDigest !== undefined && flags.expectedDigest !== plan.digest)
    throw notTheApproved(flags.expectedDigest, plan);
  const reportFile = flags.reportFile === undefined ? undefined : resolve(context.io.cwd, flags.reportFile);
  if (reportFile !== undefined) await checkWritable(reportFile);
  if (flags.planFile === undefined && hasWork(plan)) await approve(context, plan, flags.approved);
  const run = hasWork(plan) ? await runPlan(context, workspace, plan) : summarizeIdle(plan, context.io.now());
  const exitCode = exitCodeOf(run);
  if (run.run_id !== null)
    context.report({ type: 'run_finished', run_id: run.run_id, exit_code: exitCode, duration_ms: run.duration_ms });
  const document: JsonObject = { ...(run as unknown as JsonObject), ...errorOf(run) };
  if (reportFile !== undefined) {
    await writePrivateFile(reportFile, prettyJson({ format_version: '1.0', exit_code: exitCode, ...document }));
  }
  const resumeCommand = `bt-migrate apply${flags.planFile === undefined ? '' : ` ${flags.planFile}`}`;
  return {
    exitCode,
    summary: 'Applied',
    text: renderRunSummary(run, { color: context.color, resumeCommand }),
    document,
  };
}

/** The exit code of a run: what ended it, else 3 when something is left that needs a person (contract section 2). */
function exitCodeOf(run: RunSummary): number {
  if (run.already_applied) return 0;
  const error = run.ended_by ?? refusalOf(run);
  if (error !== undefined) return ERROR_CODES[error.code as ErrorCode].exit;
  const isOpen = run.actions.some(
    ({ status, accepted }) =>
      status === 'failed' || status === 'not_attempted' || (status === 'blocked' && accepted !== true),
  );
  return isOpen || run.summary.quarantined > 0 ? 3 : 0;
}

/** Why nothing at all could be written, when a permission or the server was to blame for every failure. */
function refusalOf({ actions }: RunSummary): ActionError | undefined {
  const hasWritten = actions.some(({ status }) => ['done', 'already_done', 'recorded'].includes(status));
  const errors = actions.flatMap(({ status, error }) => (status === 'failed' && error !== undefined ? [error] : []));
  const exits = errors.map(({ code }) => ERROR_CODES[code as ErrorCode].exit);
  if (hasWritten || exits.some((exit) => exit !== 6 && exit !== 8)) return undefined;
  return errors[Math.max(exits.indexOf(6), 0)];
}

async function planNow(context: CommandContext, workspace: Workspace): Promise<Plan> {
  const store = await workspace.openState();
  try {
    return await planInWorkspace(
      context,
      { spec: workspace.spec, ...workspace.openReaders(), store },
      { targets: [], excludes: [], estimates: 'exact' },
    );
  } finally {
    // The same file is opened for writing next.
    await store.close();
  }
}

function approve(context: CommandContext, plan: Plan, approved: boolean): Promise<void> {
  return askApproval(context, {
    approved,
    about: renderPlan(plan, { color: context.color }),
    question: `Apply this to ${JSON.stringify(plan.destination.org)}?`,
    needed: 'There is something to apply, no plan file was given, and nobody can be asked here.',
    hint: 'Have a plan reviewed (bt-migrate plan -o plan.out) and apply it (bt-migrate apply plan.out), or add --auto-approve.',
    otherwise: 'To keep a plan for review: bt-migrate plan -o plan.out',
  });
}

function runPlan(context: CommandContext, workspace: Workspace, plan: Plan): Promise<RunSummary> {
  const { io, report, signal } = context;
  // The state first: what is wrong with it is told before what is wrong with a key (contract section 2).
  return withHeldState(context, workspace.spec.state, (store, lease) =>
    applyPlan(plan, {
      spec: workspace.spec,
      ...workspace.openForWriting(),
      store,
      lease,
      report,
      signal,
      now: io.now,
      sleep: (ms) => sleep(ms),
      toolVersion: TOOL_VERSION,
    }),
  );
}

function notTheApproved(expected: string, plan: Plan): BtMigrateError {
  return new BtMigrateError('BTM_DIGEST_MISMATCH', {
    detail: `Expected ${expected}, but this plan is ${plan.digest}. Nothing was written.`,
    hint: 'Apply the plan file that was approved, or have this one reviewed: bt-migrate show plan.out',
  });
}

function errorOf(run: RunSummary): JsonObject {
  const error = run.ended_by ?? refusalOf(run);
  return error === undefined ? {} : { error: error as unknown as Json };
}
