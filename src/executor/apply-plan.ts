import { BtMigrateError } from '../domain/errors.ts';
import type { OrgWriter } from '../domain/org.ts';
import type { ActionId, Plan, PlannedAction } from '../domain/plan.ts';
import type { QuarantineFolder } from '../domain/quarantine-folder.ts';
import type { RunSummary } from '../domain/run-summary.ts';
import type { Lease, Run, StateSnapshot, StateStore } from '../domain/state.ts';
import { storedAddress } from '../domain/stored-name.ts';
import type { RangeOutcome } from '../streams/lane.ts';
import { type AdmitDependencies, admitPlan } from './admit-plan.ts';
import { attemptActions } from './attempt-actions.ts';
import { checkCopies } from './check-copies.ts';
import { checkDestroy } from './check-destroy.ts';
import { misfitOfDigest } from './check-plan.ts';
import { companionsOf } from './companions-of.ts';
import { type CopyContext, mendCopied } from './copy-rows.ts';
import { DestinationBook } from './destination-book.ts';
import { openCopies } from './open-copies.ts';
import { orderTasks } from './order-tasks.ts';
import { ResultLog } from './result-log.ts';
import { deletionsOf, plannedRows, rowNotes, streamResults, withDeleted } from './row-report.ts';
import type { RunContext } from './run-action.ts';
import { schedule } from './scheduler.ts';
import { TakenKeys } from './taken-keys.ts';

export interface ApplyDependencies extends AdmitDependencies {
  readonly destination: OrgWriter;
  readonly store: StateStore;
  readonly lease: Lease;
  /** Where the bodies of rows go that the destination does not take. */
  readonly quarantine: QuarantineFolder;
  /** Stops taking new actions; the reason is a BtMigrateError. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly toolVersion: string;
}

/**
 * Executes exactly what the plan says.
 *
 * Order of one action in the journal: `begun` is committed before its request is sent, `done` with the id mapping after
 * the answer. A crash between the two leaves it in doubt; the next apply of the same plan settles it by looking at the
 * destination before anything is sent again.
 * @throws what `admitPlan` throws, before the first write.
 */
export async function applyPlan(plan: Plan, dependencies: ApplyDependencies): Promise<RunSummary> {
  const { store, lease, source, destination, expectedDigest, now, toolVersion } = dependencies;
  const log = new ResultLog(plan, now());
  const requests = (): RunSummary['requests'] => ({
    source: source.requestsSent(),
    destination: destination.requestsSent(),
  });
  const existing = await store.findRun(plan.digest);
  const isApproved = misfitOfDigest(plan, expectedDigest) === undefined;
  if (existing?.status === 'finished' && isApproved) {
    const aside = (await store.streams.quarantine()).filter(
      ({ runId, status }) => runId === existing.runId && status === 'open',
    );
    return log.alreadyApplied(existing.runId, aside.length, requests(), now());
  }
  const state = await store.snapshot();
  const { work, secrets, inventories } = await admitPlan(plan, { state, existing }, dependencies);
  if (work.length === 0) return log.finish(null, false, requests(), now());
  const journal = existing?.journal ?? new Map();
  const mappings = mappingIndex(state);
  if (plan.mode === 'destroy')
    await checkDestroy(work, { ...dependencies, journal, mappings, inventory: inventories.destination });
  else await checkCopies(work, { journal, state, spec: dependencies.spec, inventories, destination });
  const run = await store.openRun(lease, {
    planDigest: plan.digest,
    sourceOrgId: plan.source.org_id,
    destinationOrgId: plan.destination.org_id,
    toolVersion,
  });
  const creates = new Map(plan.actions.filter(({ op }) => op === 'create').map((action) => [action.address, action]));
  const book = new DestinationBook(inventories.destination);
  book.learnState(state, inventories.source);
  const context: RunContext = {
    inventories,
    org: inventories.destination.org,
    destination,
    book,
    taken: new TakenKeys(destination, inventories.destination, now),
    mappings,
    createOf: (action) => creates.get(action.address),
    secrets,
    secretHmac: (value) => store.secretHmac(value),
    pause: (attempt) => dependencies.sleep(Math.min(250 * 2 ** attempt, 5000)),
  };
  const resumed = existing !== undefined;
  return execute({ plan, work, run, resumed, state, context, log, requests }, dependencies);
}

interface Execution {
  readonly plan: Plan;
  readonly work: readonly PlannedAction[];
  readonly run: Run;
  readonly resumed: boolean;
  readonly state: StateSnapshot;
  readonly context: RunContext;
  readonly log: ResultLog;
  readonly requests: () => RunSummary['requests'];
}

async function execute(execution: Execution, dependencies: ApplyDependencies): Promise<RunSummary> {
  const { plan, work, run, resumed, context, log, requests } = execution;
  const { store, lease, report, signal, now, spec } = dependencies;
  const todo = work.filter(({ id }) => {
    if (run.journal.get(id)?.phase !== 'done') return true;
    log.alreadyDone(id);
    return false;
  });
  const { runId, lineage } = run;
  report({ type: 'run_started', run_id: runId, lineage, resumed, actions: todo.length, rows: plannedRows(todo) });
  const actions = new Map(todo.map((action) => [action.id, action]));
  const known = (ids: Iterable<ActionId>): PlannedAction[] => [...ids].flatMap((id) => actions.get(id) ?? []);
  const outcomes: RangeOutcome[] = [];
  const deletions = {
    ...dependencies,
    store: store.streams,
    inventories: context.inventories,
    runId: run.runId,
  };
  const skip = (id: ActionId, becauseOf: ActionId): void => {
    const action = actions.get(id);
    if (action === undefined) return;
    log.notAttempted(id, becauseOf);
    report({ type: 'action_skipped', id, op: action.op, address: action.address, reason: 'dependency_failed' });
  };
  try {
    const copied = work.filter(({ op, id }) => op === 'copy' && !actions.has(id));
    const hasRows = copied.length > 0 || todo.some(({ op }) => op === 'copy');
    const copies = hasRows ? await copiesOf(execution, outcomes, dependencies) : null;
    const left = await schedule(orderTasks(todo), {
      parallelism: spec.limits.parallelism,
      signal,
      companions: (first, ready) =>
        known([first])
          .flatMap((action) => companionsOf(action, known(ready)))
          .map(({ id }) => id),
      run: (ids) => attemptActions(known(ids), { run, store, lease, context, copies, deletions, log, report, now }),
      skip,
    });
    if (left.length > 0 && signal.reason instanceof BtMigrateError) log.endedBy(signal.reason);
    if (copies !== null && copied.length > 0 && log.isComplete())
      await mendCopied(copied, (await store.snapshot()).unresolved, copies);
  } catch (error) {
    if (!(error instanceof BtMigrateError)) throw error;
    log.endedBy(error);
  }
  try {
    const copied = streamResults(plan, await store.streams.rangesOf(run.runId));
    const deleted = await store.streams.deletedRows(run.runId);
    log.copied(withDeleted(copied, deletionsOf(plan, deleted)), rowNotes(outcomes));
  } catch (error) {
    if (!(error instanceof BtMigrateError)) throw error;
    log.endedBy(error);
  }
  if (log.isComplete()) await store.finishRun(lease, run.runId);
  return log.finish(run.runId, resumed, requests(), now());
}

function copiesOf(
  { run, context, state }: Execution,
  outcomes: RangeOutcome[],
  dependencies: ApplyDependencies,
): Promise<CopyContext> {
  const { inventories, book } = context;
  return openCopies({
    ...dependencies,
    runId: run.runId,
    inventories,
    state,
    book,
    note: ({ ranges }) => outcomes.push(...ranges),
  });
}

function mappingIndex({ lineage, mappings }: StateSnapshot): RunContext['mappings'] {
  const byDestination = new Map(mappings.map((mapping) => [`${mapping.kind}:${mapping.destinationId}`, mapping]));
  const byAddress = new Map(mappings.map((mapping) => [mapping.address, mapping]));
  return {
    ofDestination: (kind, id) => byDestination.get(`${kind}:${id}`),
    ofAddress: (address) => byAddress.get(storedAddress(lineage, address)),
  };
}
