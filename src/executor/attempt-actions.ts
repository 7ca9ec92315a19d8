import { BtMigrateError } from '../domain/errors.ts';
import type { Reporter } from '../domain/event.ts';
import { type ActionId, type PlannedAction, writes } from '../domain/plan.ts';
import type { Completion, IdMapping, Lease, Run, StateStore } from '../domain/state.ts';
import { deletesRows } from '../domain/stream-plan.ts';
import { checkDoomedProject } from './check-doomed-project.ts';
import { checkDoomedRows } from './check-doomed-rows.ts';
import { type CopyContext, copyRows } from './copy-rows.ts';
import { deleteRows, type RowDeletionContext } from './delete-rows.ts';
import { endsRun } from './ends-run.ts';
import type { ResultLog } from './result-log.ts';
import { learnRowVersions } from './row-versions.ts';
import { completeFound, type RunContext, runAction } from './run-action.ts';

export interface AttemptDeps {
  readonly run: Run;
  readonly store: StateStore;
  readonly lease: Lease;
  readonly context: RunContext;
  /** Null when the plan copies no rows. */
  readonly copies: CopyContext | null;
  readonly deletions: RowDeletionContext;
  readonly log: ResultLog;
  readonly report: Reporter;
  readonly now: () => number;
}

/**
 * Carries out actions that belong together (copies that share a lane; else one) and records what became of each: in the
 * journal, in the log, as an event. Returns those that succeeded.
 * @throws what ends the whole run.
 */
export async function attemptActions(
  actions: readonly PlannedAction[],
  deps: AttemptDeps,
): Promise<ReadonlySet<ActionId>> {
  const { report, now } = deps;
  const started = now();
  for (const { id, op, address } of actions) report({ type: 'action_started', id, op, address });
  const succeeded = new Set<ActionId>();
  for (const [action, outcome] of await carryOut(actions, deps)) {
    const { id, op, address } = action;
    if (outcome instanceof BtMigrateError) {
      await recordFailure(action, outcome, deps);
      continue;
    }
    await deps.store.completeAction(deps.lease, deps.run.runId, id, outcome);
    deps.log.done(id);
    report({ type: 'action_finished', id, op, address, duration_ms: now() - started });
    succeeded.add(id);
  }
  return succeeded;
}

type Outcomes = ReadonlyMap<PlannedAction, Completion | BtMigrateError>;

async function carryOut(actions: readonly PlannedAction[], deps: AttemptDeps): Promise<Outcomes> {
  const { run, store, lease, copies } = deps;
  const [first] = actions;
  if (copies !== null && first?.op === 'copy') {
    await Promise.all(actions.map(({ id }) => store.beginAction(lease, run.runId, id)));
    const failures = await copyRows(actions, copies);
    return new Map(actions.map((action) => [action, failures.get(action.id) ?? { fingerprint: null }]));
  }
  const outcomes = new Map<PlannedAction, Completion | BtMigrateError>();
  for (const action of actions) outcomes.set(action, await carryOutOne(action, deps));
  return outcomes;
}

async function carryOutOne(
  action: PlannedAction,
  { run, store, lease, context, deletions, report }: AttemptDeps,
): Promise<Completion | BtMigrateError> {
  const { id, op } = action;
  try {
    if (deletesRows(action)) {
      await store.beginAction(lease, run.runId, id);
      await deleteRows(action, deletions);
      return { fingerprint: null };
    }
    const found = run.journal.get(id)?.phase === 'begun' ? await completeFound(action, context) : undefined;
    if (found === undefined && writes(op)) await store.beginAction(lease, run.runId, id);
    if (found !== undefined) return found;
    await learnRowVersions(action, store, context);
    await checkDoomedProject(action, context);
    await checkDoomedRows(action, context, { store: store.streams, report });
    return await runAction(action, context);
  } catch (error) {
    const half = halfMade(action, context);
    // The object is there under one of its older versions; unknown to the state it would be somebody else's.
    if (half !== undefined) await store.putMapping(lease, half);
    if (!(error instanceof BtMigrateError) || endsRun(error)) throw error;
    return error;
  }
}

function halfMade(
  { op, address, history, source_fingerprint }: PlannedAction,
  context: RunContext,
): IdMapping | undefined {
  const source = context.inventories.source.resources.get(address);
  const destinationId = context.book.id(address);
  if (op !== 'create' || history === undefined || source === undefined || destinationId === undefined) return undefined;
  const fingerprint = source_fingerprint ?? source.fingerprint;
  return { kind: source.kind, sourceId: source.id, destinationId, address, origin: 'created', fingerprint };
}

async function recordFailure(
  { id, op, address }: PlannedAction,
  error: BtMigrateError,
  { run, store, lease, log, report }: AttemptDeps,
): Promise<void> {
  const { code, summary, detail } = error;
  await store.failAction(lease, run.runId, id, { code, summary });
  log.failed(id, error);
  report({ type: 'action_failed', id, op, address, code, summary, detail });
}
