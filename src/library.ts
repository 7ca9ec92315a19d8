/*
 * bt-migrate as a library: `plan` and `apply` do what the commands of the same names do, without a terminal. Whoever
 * calls them decides where keys come from, what happens with events, and when to stop.
 */
import { connectionsFor } from './api/connections-for.ts';
import { giveUpAfter } from './api/give-up.ts';
import { openReader, openWriter } from './api/open-org.ts';
import { parsePattern } from './domain/address.ts';
import type { Reporter } from './domain/event.ts';
import { hasWork, type Plan } from './domain/plan.ts';
import type { RunSummary } from './domain/run-summary.ts';
import type { Spec } from './domain/spec.ts';
import type { StateStore } from './domain/state.ts';
import { TOOL_VERSION } from './domain/tool-version.ts';
import { applyPlan } from './executor/apply-plan.ts';
import { summarizeIdle } from './executor/result-log.ts';
import { makeDestroyPlan } from './planner/make-destroy-plan.ts';
import { makePlan } from './planner/make-plan.ts';
import { loadSpec } from './spec/load-spec.ts';
import { requireKeys } from './spec/require-keys.ts';
import { describeHolder } from './state/describe-holder.ts';
import { openSqliteState } from './state/open-sqlite-state.ts';
import { quarantineFolder } from './state/quarantine-folder.ts';
import { vanishedRowFinder } from './verify/find-vanished-rows.ts';

export { BtMigrateError } from './domain/errors.ts';
export type { RunEvent } from './domain/event.ts';
export type { Plan, PlannedAction } from './domain/plan.ts';
export type { RunSummary } from './domain/run-summary.ts';
export { readPlanFile, serializePlan, writePlanFile } from './planner/plan-file.ts';

export interface MigrationOptions {
  /** Path of the spec; relative paths in it are relative to its folder. */
  readonly specPath: string;
  /** Text of the spec, when it is not to be read from the path. */
  readonly specText?: string;
  /** Where `${NAME}` and the default keys come from, such as `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly report?: Reporter;
  /** Ends the work after what is in flight, which gets four seconds: what is not answered by then the next run settles. */
  readonly signal?: AbortSignal;
}

export interface PlanOptions extends MigrationOptions {
  /** Delete what the state created, as `plan --destroy` does; false by default. */
  readonly destroy?: boolean;
  /** Day (UTC, YYYY-MM-DD) by which expiries are judged; today by default. */
  readonly asOf?: string;
  /** Address patterns, as for `--target` and `--exclude`. */
  readonly targets?: readonly string[];
  readonly excludes?: readonly string[];
}

export interface ApplyOptions extends MigrationOptions {
  /** How long to wait for the lock of the state, milliseconds; 0 by default. */
  readonly lockTimeoutMs?: number;
}

/**
 * Compares both organizations and says what `apply` would do. Writes nothing.
 * @throws BtMigrateError with one of the codes of the command line.
 */
export async function plan(options: PlanOptions): Promise<Plan> {
  const { destroy = false, asOf = new Date().toISOString().slice(0, 10), targets = [], excludes = [] } = options;
  const make = destroy ? makeDestroyPlan : makePlan;
  return using(options, 'read', ({ spec, source, destination, store, report, signal }) =>
    make({
      spec,
      source,
      destination,
      store,
      report,
      asOf,
      toolVersion: TOOL_VERSION,
      estimates: 'exact',
      findVanishedRows: vanishedRowFinder(signal),
      narrowing: { targets: targets.map(parsePattern), excludes: excludes.map(parsePattern) },
    }),
  );
}

/**
 * Carries out a plan exactly; an unfinished run of it is resumed.
 * @throws BtMigrateError before the first write; what goes wrong later stands in the summary.
 */
export async function apply(approved: Plan, options: ApplyOptions): Promise<RunSummary> {
  if (!hasWork(approved)) return summarizeIdle(approved, Date.now());
  return using(options, 'write_late', async ({ store, ...rest }) => {
    const lease = await store.acquireLease(describeHolder(null), options.lockTimeoutMs ?? 0, { signal: rest.signal });
    const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
    try {
      return await applyPlan(approved, {
        ...rest,
        store,
        lease,
        quarantine: quarantineFolder(rest.spec.state.path),
        now: Date.now,
        sleep: wait,
        toolVersion: TOOL_VERSION,
      });
    } finally {
      await lease.release();
    }
  });
}

interface Parties {
  readonly spec: Spec;
  readonly source: ReturnType<typeof openReader>;
  readonly destination: ReturnType<typeof openWriter>;
  readonly store: StateStore;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

async function using<Result>(
  options: MigrationOptions,
  mode: 'read' | 'write_late',
  use: (parties: Parties) => Promise<Result>,
): Promise<Result> {
  const { specPath, specText, env, report = () => undefined, signal = new AbortController().signal } = options;
  const spec = loadSpec({ path: specPath, env, ...(specText === undefined ? {} : { text: specText }) });
  requireKeys(spec);
  const store = await openSqliteState({ ...spec.state, mode });
  const { giveUp, stop } = giveUpAfter(signal);
  const common = { spec, report, signal, giveUp, toolVersion: TOOL_VERSION, now: Date.now, proxy: undefined };
  const connect = connectionsFor(common);
  const source = openReader(connect('source'));
  const destination = openWriter(connect('destination'));
  try {
    return await use({ spec, source, destination, store, report, signal });
  } finally {
    await Promise.all([source.close(), destination.close()]);
    stop();
    await store.close();
  }
}
