import type { BtMigrateError } from '../domain/errors.ts';
import { type ActionId, type Plan, type PlannedAction, records, writes } from '../domain/plan.ts';
import type {
  ActionError,
  ActionResult,
  ActionStatus,
  RowNotes,
  RunSummary,
  StreamResult,
} from '../domain/run-summary.ts';
import { deletesRows } from '../domain/stream-plan.ts';

/** The report of a plan that leaves nothing to do: it needs neither state nor organizations, so it always succeeds. */
export function summarizeIdle(plan: Plan, now: number): RunSummary {
  return new ResultLog(plan, now).finish(null, false, { source: 0, destination: 0 }, now);
}

/** Collects what became of every action of a plan, and sums it up. */
export class ResultLog {
  private readonly results = new Map<ActionId, ActionResult>();
  private readonly plan: Plan;
  private readonly actions: ReadonlyMap<ActionId, PlannedAction>;
  private readonly startedAt: number;
  private ended: ActionError | undefined;
  private streams: readonly StreamResult[] = [];
  private notes: RowNotes = {};

  constructor(plan: Plan, startedAt: number) {
    this.plan = plan;
    this.actions = new Map(plan.actions.map((action) => [action.id, action]));
    this.startedAt = startedAt;
  }

  done(id: ActionId): void {
    this.set(id, 'done');
  }

  alreadyDone(id: ActionId): void {
    this.set(id, 'already_done');
  }

  failed(id: ActionId, error: BtMigrateError): void {
    this.set(id, 'failed', { error: errorOf(error) });
  }

  notAttempted(id: ActionId, becauseOf: ActionId): void {
    this.set(id, 'not_attempted', { because_of: becauseOf });
  }

  copied(streams: readonly StreamResult[], notes: RowNotes): void {
    this.streams = streams;
    this.notes = notes;
  }

  endedBy(error: BtMigrateError): void {
    this.ended ??= errorOf(error);
  }

  /** True when every action that had something to do has done it. */
  isComplete(): boolean {
    return this.plan.actions.every((action) => {
      const status = this.results.get(action.id)?.status;
      return !isWork(action) || status === 'done' || status === 'already_done' || status === 'recorded';
    });
  }

  /** `quarantined`: what the earlier run set aside and nobody has dealt with since. */
  alreadyApplied(runId: string, quarantined: number, requests: RunSummary['requests'], now: number): RunSummary {
    for (const action of this.plan.actions) if (isWork(action)) this.alreadyDone(action.id);
    const run = this.finish(runId, false, requests, now);
    return { ...run, summary: { ...run.summary, quarantined }, already_applied: true };
  }

  finish(runId: string | null, resumed: boolean, requests: RunSummary['requests'], now: number): RunSummary {
    const actions = this.plan.actions.map((action) => this.results.get(action.id) ?? this.untouched(action));
    const count = (matches: (result: ActionResult) => boolean): number => actions.filter(matches).length;
    const doneAs = (op: string) => (result: ActionResult) => result.status === 'done' && result.op === op;
    return {
      run_id: runId,
      plan_digest: this.plan.digest,
      already_applied: false,
      resumed,
      summary: {
        created: count(doneAs('create')),
        updated: count(doneAs('update')),
        linked: count(doneAs('link')),
        deleted: count((result) => doneAs('delete')(result) && !deletesRows(result)),
        ...(this.streams.some(({ deleted }) => deleted !== undefined)
          ? { rows_deleted: sum(this.streams, 'deleted') }
          : {}),
        adopted: count((result) => result.status === 'recorded'),
        skipped: count((result) => result.status === 'unchanged' || result.status === 'already_done'),
        blocked: count((result) => result.status === 'blocked'),
        failed: count((result) => result.status === 'failed'),
        quarantined: sum(this.streams, 'quarantined'),
        rows: sum(this.streams, 'rows'),
        bytes: sum(this.streams, 'bytes'),
      },
      actions,
      streams: this.streams,
      ...(Object.keys(this.notes).length === 0 ? {} : { row_notes: this.notes }),
      requests,
      duration_ms: now - this.startedAt,
      ...(this.ended === undefined ? {} : { ended_by: this.ended }),
    };
  }

  private untouched(action: PlannedAction): ActionResult {
    const status: ActionStatus = action.op === 'blocked' ? 'blocked' : isWork(action) ? 'not_attempted' : 'unchanged';
    return { ...base(action), status, ...(action.op === 'blocked' ? { accepted: action.accepted !== undefined } : {}) };
  }

  private set(id: ActionId, status: ActionStatus, more: Partial<ActionResult> = {}): void {
    const action = this.actions.get(id);
    if (action === undefined) return;
    this.results.set(id, {
      ...base(action),
      status: status === 'done' && action.op === 'skip' ? 'recorded' : status,
      ...more,
    });
  }
}

function base({ id, op, address, reason }: PlannedAction): Pick<ActionResult, 'id' | 'op' | 'address' | 'reason'> {
  return { id, op, address, reason };
}

function sum(streams: readonly StreamResult[], count: 'rows' | 'bytes' | 'quarantined' | 'deleted'): number {
  return streams.reduce((total, stream) => total + (stream[count] ?? 0), 0);
}

function isWork(action: PlannedAction): boolean {
  return writes(action.op) || records(action);
}

function errorOf(error: BtMigrateError): ActionError {
  return {
    code: error.code,
    summary: error.summary,
    detail: error.detail,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
}
