import type { Emulator } from '../../emulator/start-emulator.ts';
import type { Json } from '../../src/domain/json.ts';
import { type Plan, type PlannedAction, writes } from '../../src/domain/plan.ts';
import type { RunSummary } from '../../src/domain/run-summary.ts';
import { clientOf, type EmulatorClient, type Shown } from './emulator-client.ts';
import { Migration, type MigrationOptions, startAcme } from './migration.ts';

/** Two orgs on one emulator and a client for each: `source` is seeded, `destination` is looked at. */
export class TwoOrgs {
  readonly emulator: Emulator;
  readonly source: EmulatorClient;
  readonly destination: EmulatorClient;

  private constructor(emulator: Emulator) {
    this.emulator = emulator;
    this.source = clientOf(emulator, 'Acme Dev');
    this.destination = clientOf(emulator, 'Acme Prod');
  }

  static async start(options: Parameters<typeof startAcme>[0] = {}): Promise<TwoOrgs> {
    return new TwoOrgs(await startAcme(options));
  }

  migration(yaml = '', options: Omit<MigrationOptions, 'emulator' | 'yaml'> = {}): Migration {
    return new Migration({ emulator: this.emulator, yaml, ...options });
  }

  /** Makes a project in the source. */
  project(name = 'Support bot', more: Readonly<Record<string, unknown>> = {}): Promise<Shown> {
    return this.source.object('POST', '/v1/project', { name, ...more });
  }

  /** The one object of this list whose name (or slug) this is. */
  async found(side: 'source' | 'destination', path: string, name: string): Promise<Shown> {
    const objects = await this[side].list(path);
    const [match, ...rest] = objects.filter((object) => object.name === name || object.slug === name);
    if (match === undefined || rest.length > 0) {
      throw new Error(`${path} lists ${rest.length + (match === undefined ? 0 : 1)} objects named ${name}`);
    }
    return match;
  }

  /** Writes that reached the destination since the request log was cleared. */
  writesSent(): string[] {
    return this.emulator.requests
      .all()
      .filter(({ method, org }) => method !== 'GET' && org !== 'Acme Dev')
      .filter(({ path }) => path !== '/api/apikey/login')
      .map(({ method, path }) => `${method} ${path}`);
  }

  close(): Promise<void> {
    return this.emulator.close();
  }
}

/** Plans and applies; throws unless every action went well. */
export async function migrate(migration: Migration): Promise<{ plan: Plan; run: RunSummary }> {
  const plan = await migration.plan();
  const run = await migration.apply(plan);
  const bad = run.actions.filter(({ status }) => status === 'failed' || status === 'not_attempted');
  if (bad.length > 0 || run.ended_by !== undefined) {
    throw new Error(JSON.stringify([run.ended_by, ...bad.slice(0, 3)], null, 1));
  }
  return { plan, run };
}

/** Ids of the actions that write. */
export function pending(plan: Plan): string[] {
  return plan.actions.filter(({ op }) => writes(op)).map(({ id }) => id);
}

/** `id (reason)` of the blocked actions. */
export function blocks(plan: Plan): string[] {
  return plan.actions.filter(({ op }) => op === 'blocked').map(({ address, reason }) => `${address} (${reason})`);
}

/** The action with this id. */
export function action(plan: Plan, id: string): PlannedAction {
  const found = plan.actions.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no ${id} among ${plan.actions.map((one) => one.id).join(', ')}`);
  return found;
}

/** What an action changes, by path. */
export function changes(planned: PlannedAction): Record<string, [before: Json | undefined, after: Json | undefined]> {
  return Object.fromEntries((planned.changes ?? []).map(({ path, before, after }) => [path, [before, after]]));
}

/** A prompt body with one system message. */
export function chat(content: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    prompt: { type: 'chat', messages: [{ role: 'system', content }] },
    options: { model: 'gpt-5-mini' },
    ...more,
  };
}
