import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BtMigrateError } from '../domain/errors.ts';
import { type JsonObject, prettyJson } from '../domain/json.ts';
import { hasWork, type Plan } from '../domain/plan.ts';
import type { RunSummary } from '../domain/run-summary.ts';
import { TOOL_VERSION } from '../domain/tool-version.ts';
import { applyPlan } from '../executor/apply-plan.ts';
import { misfitOfDigest } from '../executor/check-plan.ts';
import { summarizeIdle } from '../executor/result-log.ts';
import { readPlanFile } from '../planner/plan-file.ts';
import { quarantineFolder } from '../state/quarantine-folder.ts';
import { askApproval, canAsk } from './ask-approval.ts';
import type { Workspace } from './compose.ts';
import type { CommandContext, CommandResult } from './define-command.ts';
import { type PlanFlags, planInWorkspace } from './plan-in-workspace.ts';
import { endingOf, exitCodeOf } from './run-exit-code.ts';
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
  const reportFile = flags.reportFile === undefined ? undefined : resolve(context.io.cwd, flags.reportFile);
  if (reportFile !== undefined) await checkWritable(reportFile);
  const run = await runSavedOrNew(context, workspace, flags);
  const exitCode = exitCodeOf(run);
  if (run.run_id !== null)
    context.report({ type: 'run_finished', run_id: run.run_id, exit_code: exitCode, duration_ms: run.duration_ms });
  const document: JsonObject = { ...(run as unknown as JsonObject), ...errorOf(run) };
  const report = prettyJson(context.disguise.of({ format_version: '1.0', exit_code: exitCode, ...document }));
  const lost = reportFile === undefined ? undefined : await writeReport(reportFile, report);
  const resumeCommand = `bt-migrate apply${flags.planFile === undefined ? '' : ` ${flags.planFile}`}`;
  return {
    exitCode: lost === undefined || exitCode !== 0 ? exitCode : lost.exitCode,
    summary: 'Applied',
    text: renderRunSummary(run, { color: context.color, resumeCommand }),
    document,
    ...(lost === undefined ? {} : { error: lost }),
  };
}

/** Returns why the report is not there: what was applied is still told. */
async function writeReport(file: string, report: string): Promise<BtMigrateError | undefined> {
  try {
    await writePrivateFile(file, report);
    return undefined;
  } catch (error) {
    if (error instanceof BtMigrateError) return error;
    throw error;
  }
}

async function runSavedOrNew(context: CommandContext, workspace: Workspace, flags: ApplyFlags): Promise<RunSummary> {
  const { io } = context;
  const { planFile, expectedDigest } = flags;
  const saved = planFile === undefined ? undefined : await readPlanFile(resolve(io.cwd, planFile));
  // A plan with nothing to do needs neither state nor organizations.
  if (saved !== undefined && !hasWork(saved) && misfitOfDigest(saved, expectedDigest) === undefined)
    return summarizeIdle(saved, io.now());
  // The state first: what is wrong with it is told before what is wrong with a key (contract section 2).
  return withHeldState(context, workspace.spec.state, async (store, lease) => {
    const parties = { spec: workspace.spec, ...workspace.openForWriting(), store };
    const plan = saved ?? (await planInWorkspace(context, parties, EVERYTHING));
    if (saved === undefined) {
      if (flags.approved || canAsk(context)) refuseOther(plan, expectedDigest);
      if (!hasWork(plan)) return summarizeIdle(plan, io.now());
      await approve(context, plan, flags.approved);
    }
    return applyPlan(plan, {
      ...parties,
      lease,
      quarantine: quarantineFolder(workspace.spec.state.path),
      expectedDigest,
      report: context.report,
      signal: context.signal,
      now: io.now,
      sleep: (ms) => sleep(ms),
      toolVersion: TOOL_VERSION,
    });
  });
}

const EVERYTHING: PlanFlags = { destroy: false, targets: [], excludes: [], estimates: 'exact' };

function refuseOther(plan: Plan, expectedDigest: string | undefined): void {
  const misfit = misfitOfDigest(plan, expectedDigest);
  if (misfit !== undefined) throw misfit;
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

function errorOf(run: RunSummary): JsonObject {
  const error = endingOf(run);
  return error === undefined ? {} : { error: { hint: null, ...(error as unknown as JsonObject) } };
}
