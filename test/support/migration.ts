import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import type { Clock } from '../../src/api/clock.ts';
import { HostGates } from '../../src/api/host-gates.ts';
import { openReader, openWriter } from '../../src/api/open-org.ts';
import type { RunEvent } from '../../src/domain/event.ts';
import type { OrgReader, OrgWriter } from '../../src/domain/org.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { QuarantineFolder } from '../../src/domain/quarantine-folder.ts';
import type { RunSummary } from '../../src/domain/run-summary.ts';
import type { Spec } from '../../src/domain/spec.ts';
import type { StateStore } from '../../src/domain/state.ts';
import { applyPlan } from '../../src/executor/apply-plan.ts';
import { makeDestroyPlan } from '../../src/planner/make-destroy-plan.ts';
import { makePlan } from '../../src/planner/make-plan.ts';
import type { Narrowing } from '../../src/planner/narrow-actions.ts';
import { loadSpec } from '../../src/spec/load-spec.ts';
import { openMemoryState } from '../../src/state/memory-store.ts';
import { vanishedRowFinder } from '../../src/verify/find-vanished-rows.ts';

export const SOURCE_KEY = 'sk-acme-dev';
export const DESTINATION_KEY = 'sk-acme-prod';

export interface MigrationOptions {
  readonly emulator: Emulator;
  /** YAML appended to a spec that names both orgs. */
  readonly yaml?: string;
  readonly store?: StateStore;
  readonly env?: Readonly<Record<string, string>>;
  /** Name of the destination org. */
  readonly into?: string;
  /** By default time is real and sleeps are not. */
  readonly clock?: Clock;
}

export interface PlanOptions extends Partial<Narrowing> {
  readonly through?: (reader: OrgReader) => OrgReader;
  readonly estimates?: 'exact' | 'none';
  /** What makes the plan. */
  readonly make?: typeof makePlan;
}

/** Two orgs on one emulator, a spec and a state, in one process: what most lifecycle tests need. */
export class Migration {
  readonly emulator: Emulator;
  readonly store: StateStore;
  readonly events: RunEvent[] = [];
  readonly abort = new AbortController();
  /** Bodies of quarantined rows by file name. */
  readonly quarantined = new Map<string, Buffer>();
  readonly quarantine: QuarantineFolder = {
    write: async (name, bytes) => void this.quarantined.set(name, bytes),
    read: async (name) => this.quarantined.get(name) ?? Buffer.alloc(0),
  };
  private readonly env: Readonly<Record<string, string>>;
  private readonly into: string;
  private readonly clock: Clock;
  private yaml: string;

  constructor(options: MigrationOptions) {
    this.emulator = options.emulator;
    this.yaml = options.yaml ?? '';
    this.store = options.store ?? openMemoryState();
    this.env = options.env ?? {};
    this.into = options.into ?? 'Acme Prod';
    this.clock = options.clock ?? { now: () => Date.now(), sleep: async () => undefined };
  }

  respec(yaml: string): void {
    this.yaml = yaml;
  }

  spec(): Spec {
    const { url } = this.emulator;
    return loadSpec({
      path: '/nowhere/migration.yaml',
      text: `version: 1\nsource: { url: "${url}", org: Acme Dev }\ndestination: { url: "${url}", org: ${this.into} }\n${this.yaml}`,
      env: { BT_SOURCE_API_KEY: SOURCE_KEY, BT_DEST_API_KEY: DESTINATION_KEY, ...this.env },
    });
  }

  open(): { source: OrgReader; destination: OrgWriter } {
    const spec = this.spec();
    const { clock } = this;
    const shared = {
      gates: new HostGates(spec.limits.parallelism, clock),
      requestsPerMinute: null,
      report: (event: RunEvent) => this.events.push(event),
      clock,
      random: () => 0.5,
      signal: this.abort.signal,
      userAgent: 'bt-migrate/test',
    };
    return {
      source: openReader({ ...shared, side: 'source', org: spec.source }),
      destination: openWriter({ ...shared, side: 'destination', org: spec.destination }),
    };
  }

  /** `through` stands between the planner and both orgs. */
  async plan({
    through = (reader) => reader,
    estimates = 'exact',
    make = makePlan,
    ...narrowing
  }: PlanOptions = {}): Promise<Plan> {
    const { source, destination } = this.open();
    try {
      return await make({
        spec: this.spec(),
        source: through(source),
        destination: through(destination),
        store: this.store,
        asOf: '2026-11-23',
        toolVersion: '0.0.0-test',
        estimates,
        findVanishedRows: vanishedRowFinder(this.abort.signal),
        narrowing: { targets: [], excludes: [], ...narrowing },
        report: (event) => this.events.push(event),
      });
    } finally {
      await Promise.all([source.close(), destination.close()]);
    }
  }

  /** Plans to delete what the state created. */
  destroy(options: PlanOptions = {}): Promise<Plan> {
    return this.plan({ ...options, make: makeDestroyPlan });
  }

  async apply(plan: Plan): Promise<RunSummary> {
    const { source, destination } = this.open();
    const lease = await this.store.acquireLease({ host: 'test', pid: 1, bootId: 'boot', jobUrl: null }, 0);
    try {
      return await applyPlan(plan, {
        spec: this.spec(),
        source,
        destination,
        store: this.store,
        lease,
        quarantine: this.quarantine,
        report: (event) => this.events.push(event),
        signal: this.abort.signal,
        now: () => this.clock.now(),
        sleep: (ms) => this.clock.sleep(ms, this.abort.signal),
        toolVersion: '0.0.0-test',
      });
    } finally {
      await lease.release();
      await Promise.all([source.close(), destination.close()]);
    }
  }
}

/** An emulator with a source org that uses every kind, and an empty destination. */
export function startAcme(options: Parameters<typeof startEmulator>[0] = {}): Promise<Emulator> {
  return startEmulator({
    orgs: [
      { name: 'Acme Dev', key: SOURCE_KEY },
      { name: 'Acme Prod', key: DESTINATION_KEY },
    ],
    ...options,
  });
}
