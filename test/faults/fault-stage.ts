import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { FaultRule } from '../../emulator/faults/fault-rule.ts';
import type { LoggedRequest } from '../../emulator/request-log.ts';
import type { Emulator } from '../../emulator/start-emulator.ts';
import { exitCodeOf } from '../../src/cli/run-exit-code.ts';
import { BtMigrateError } from '../../src/domain/errors.ts';
import { type Plan, writes } from '../../src/domain/plan.ts';
import type { RunSummary } from '../../src/domain/run-summary.ts';
import { openMemoryState } from '../../src/state/memory-store.ts';
import { clientOf } from '../support/emulator-client.ts';
import { LinkedClock } from '../support/linked-clock.ts';
import { Migration, startAcme } from '../support/migration.ts';
import { type ScriptedServer, startScriptedServer } from '../support/scripted-server.ts';
import { type OrgLikeness, orgLikeness, unlike } from './org-likeness.ts';
import { classesOf, type RequestClass } from './request-class.ts';
import { DIRECT_BYTES, fillSmallOrg, SECRET_ADDRESS } from './small-org.ts';

const YAML = `users: { invite: true }\nsecrets: { '${SECRET_ADDRESS}': "\${BT_OPENAI}" }\n`;
const ENV = { BT_OPENAI: 'sk-for-the-destination' };
/** Of every state here, so that one plan fits all of them. */
const LINEAGE = '00000000-0000-4000-8000-000000000000';
/** Turns of the event loop without a request after which nothing is on its way. */
const STILL = 60;

/** How a command ended. */
export interface Ending {
  readonly exit: number;
  /** Error codes: of what ended it, else of what failed in it. */
  readonly codes: readonly string[];
  readonly details: string;
}

/** A small source, its undisturbed migration, and every class of requests that it makes. */
export class FaultStage {
  readonly emulator: Emulator;
  /** Another origin, to which answers may redirect. */
  readonly elsewhere: ScriptedServer;
  readonly wanted: OrgLikeness;
  readonly plan: Plan;
  readonly planned: readonly RequestClass[];
  /** Of apply: what is asked before the first write, and everything else. */
  readonly admitted: readonly RequestClass[];
  readonly carriedOut: readonly RequestClass[];
  private readonly dump: unknown;

  private constructor(fields: Omit<FaultStage, 'trial' | 'troubles' | 'close'> & { readonly dump: unknown }) {
    this.emulator = fields.emulator;
    this.elsewhere = fields.elsewhere;
    this.wanted = fields.wanted;
    this.plan = fields.plan;
    this.planned = fields.planned;
    this.admitted = fields.admitted;
    this.carriedOut = fields.carriedOut;
    this.dump = fields.dump;
  }

  static async open(): Promise<FaultStage> {
    const emulator = await startAcme({ switches: { logs3PayloadMaxBytes: 2 * DIRECT_BYTES } });
    await fillSmallOrg(clientOf(emulator, 'Acme Dev'), emulator.orgs[0]?.id ?? '');
    // Rows settle a minute after they were written.
    emulator.clock.advance(3_600_000);
    const dump = emulator.dump();
    const quiet = new Trial(emulator);
    emulator.requests.clear();
    const plan = await quiet.plan();
    if (plan instanceof BtMigrateError) throw plan;
    const planned = classesOf(emulator.requests.all());
    emulator.requests.clear();
    const { exit, details } = await quiet.apply(plan);
    if (exit !== 0) throw new Error(`the undisturbed run ended with ${exit}: ${details}`);
    const requests = emulator.requests.all();
    const admitted = classesOf(requests.slice(0, requests.findIndex(isWrite)));
    const known = new Set(admitted.map(({ name }) => name));
    return new FaultStage({
      emulator,
      elsewhere: await startScriptedServer(() => ({ status: 503 })),
      wanted: orgLikeness(emulator, 'Acme Prod'),
      plan,
      planned,
      admitted,
      carriedOut: classesOf(requests).filter(({ name }) => !known.has(name)),
      dump,
    });
  }

  /** Both orgs as they were before the migration, and an empty state. */
  trial(): Trial {
    this.emulator.faults.clear();
    this.emulator.setVisibility({ objectLag: 0, rowLag: 0, pageCap: null });
    this.emulator.load(this.dump);
    this.emulator.requests.clear();
    return new Trial(this.emulator);
  }

  /** How the destination differs from that of an undisturbed run, once it is left alone, and what a plan would still do. */
  async troubles(trial: Trial): Promise<string[]> {
    this.emulator.faults.clear();
    this.emulator.setVisibility({ pageCap: null });
    // Whatever shows up late does so before that.
    this.emulator.clock.advance(3_600_000);
    const again = await trial.plan();
    const left = again instanceof BtMigrateError ? [again.message] : again.actions.filter(({ op }) => writes(op));
    return [
      ...unlike(this.wanted, orgLikeness(this.emulator, 'Acme Prod')),
      ...left.map((one) => `still planned: ${typeof one === 'string' ? one : one.id}`),
    ];
  }

  async close(): Promise<void> {
    await this.emulator.close();
    await this.elsewhere.close();
  }
}

/** One migration with whatever the emulator is told to do to it; waits take no time. */
export class Trial {
  readonly emulator: Emulator;
  readonly clock: LinkedClock;
  private readonly migration: Migration;

  constructor(emulator: Emulator) {
    this.emulator = emulator;
    this.clock = new LinkedClock(emulator);
    const uuids = [LINEAGE];
    const store = openMemoryState({ uuid: () => uuids.pop() ?? randomUUID() });
    this.migration = new Migration({ emulator, store, yaml: YAML, env: ENV, clock: this.clock });
  }

  async plan(stallMs?: number): Promise<Plan | BtMigrateError> {
    return this.letTimePass(this.migration.plan(), stallMs).catch((error: unknown) => {
      if (error instanceof BtMigrateError) return error;
      throw error;
    });
  }

  async apply(plan: Plan, stallMs?: number): Promise<Ending> {
    return this.letTimePass(this.migration.apply(plan), stallMs).then(endingOf, (error: unknown) => {
      if (!(error instanceof BtMigrateError)) throw error;
      return { exit: error.exitCode, codes: [error.code], details: error.detail };
    });
  }

  /** Adds a rule for each class and returns the ids of the rules. */
  break(classes: readonly RequestClass[], rule: Pick<FaultRule, 'times' | 'action'>): string[] {
    return this.emulator.faults.add(...classes.map(({ name, match }) => ({ id: name, match, ...rule })));
  }

  writesSent(): string[] {
    return this.emulator.requests
      .all()
      .filter(isWrite)
      .map(({ method, path }) => `${method} ${path}`);
  }

  /** Each time that nothing moves any more but held requests, `stallMs` pass for them before they are let go. */
  private async letTimePass<Result>(running: Promise<Result>, stallMs: number | undefined): Promise<Result> {
    if (stallMs === undefined) return running;
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    running.then(end, end);
    for (let still = 0, before = ''; !isOver; ) {
      await turn();
      const { requests, faults } = this.emulator;
      const holding = faults.list().reduce((sum, rule) => sum + rule.holding, 0);
      const now = `${requests.total} ${holding}`;
      still = now === before ? still + 1 : 0;
      before = now;
      if (holding === 0 || still < STILL) continue;
      await this.clock.stall(stallMs);
      faults.release();
      still = 0;
    }
    return running;
  }
}

function isWrite({ method, path }: Pick<LoggedRequest, 'method' | 'path'>): boolean {
  return method !== 'GET' && path !== '/btql' && path !== '/api/apikey/login';
}

function endingOf(run: RunSummary): Ending {
  const failed = run.actions.flatMap(({ error }) => error ?? []);
  const errors = run.ended_by === undefined ? failed : [run.ended_by, ...failed];
  return {
    exit: exitCodeOf(run),
    codes: [...new Set(errors.map(({ code }) => code))],
    details: errors.map(({ detail }) => detail).join('\n'),
  };
}
