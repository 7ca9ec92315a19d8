import { Clock } from './clock.ts';
import { controlRoutes } from './control/control-routes.ts';
import { XactSequence } from './encoding/xact.ts';
import type { Faults } from './faults/faults.ts';
import type { Latencies } from './faults/latencies.ts';
import type { RateLimits } from './faults/rate-limits.ts';
import { foundOrg } from './found-org.ts';
import { Instruments } from './instruments.ts';
import { BlobStore } from './objects/blob-store.ts';
import type { RequestLog } from './request-log.ts';
import { apiRoutes } from './route-table.ts';
import { RowJournal } from './rows/row-journal.ts';
import { RowStore } from './rows/row-store.ts';
import { seedDemoOrg } from './seed/demo-org.ts';
import { type Seed, seedWorld } from './seed/seed-world.ts';
import { startServer } from './server.ts';
import { Database } from './store/database.ts';
import { type Dump, dumpWorld, loadWorld } from './store/dump.ts';
import { DEFAULT_SWITCHES, type WorldSwitches } from './switches.ts';
import { FULL_VISIBILITY, type Visibility } from './visibility.ts';
import { World } from './world.ts';

export interface OrgOption {
  readonly name: string;
  /** Two orgs with the same key make a key of several orgs. */
  readonly key: string;
  /** E-mail of the key's owner; derived from the first org's name when left out. */
  readonly owner?: string;
}

export interface EmulatorOptions {
  /** 0 (also the default) lets the system choose. */
  readonly port?: number;
  /** SQLite file; what was acknowledged survives a killed process. In memory when left out. */
  readonly dataFile?: string;
  /** `demo`, a folder with dump files, or a dump. Ignored when the data file already holds orgs. */
  readonly seed?: Seed;
  /** Orgs that must exist, with their keys; orgs of a seed or data file are kept. */
  readonly orgs?: readonly OrgOption[];
  /** Opens /__control to whoever has the token. */
  readonly controlToken?: string;
  /** No list page is longer. */
  readonly pageCap?: number;
  readonly visibility?: Partial<Visibility>;
  readonly switches?: Partial<WorldSwitches>;
}

/** A running emulator. */
export interface Emulator {
  readonly url: string;
  readonly controlUrl: string | null;
  readonly orgs: readonly { readonly id: string; readonly name: string; readonly key: string }[];
  readonly clock: Clock;
  readonly faults: Faults;
  readonly latencies: Latencies;
  readonly rateLimits: RateLimits;
  readonly requests: RequestLog;
  /** May be changed at any time. */
  setVisibility(visibility: Partial<Visibility>): void;
  dump(): Dump;
  /** Replaces everything. Keys of the dump count from then on. */
  load(dump: unknown): void;
  close(): Promise<void>;
}

const DEFAULT_ORGS: readonly OrgOption[] = [
  { name: 'Acme Dev', key: 'sk-acme-dev' },
  { name: 'Acme Prod', key: 'sk-acme-prod' },
];

/** Starts the emulated service on loopback: data plane, control plane and object store from one origin. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const clock = new Clock();
  const database = options.dataFile === undefined ? null : new Database(options.dataFile);
  const switches = { ...DEFAULT_SWITCHES, ...options.switches };
  const world = new World({
    clock,
    database,
    switches,
    xacts: new XactSequence(() => clock.now()),
    rows: new RowStore(switches, database === null ? null : new RowJournal(database)),
    objects: new BlobStore(() => clock.now(), database),
  });
  world.raiseXacts();
  const instruments = new Instruments(() => clock.now());
  const control = options.controlToken === undefined ? [] : controlRoutes(instruments, options.controlToken);
  const isFresh = world.tenants.orgs().length === 0;
  if (isFresh && options.seed !== undefined && options.seed !== 'demo') seedWorld(world, options.seed);
  const orgs = openOrgs(world, options.orgs ?? DEFAULT_ORGS);
  const [first] = orgs;
  if (isFresh && options.seed === 'demo' && first !== undefined)
    await seedDemoOrg(world, apiRoutes, first.id, first.key);
  const server = await startServer({
    world,
    instruments,
    routes: [...apiRoutes, ...control],
    port: options.port ?? 0,
  });
  instruments.requests.clear();
  world.visibility = { ...FULL_VISIBILITY, pageCap: options.pageCap ?? null, ...options.visibility };
  return {
    url: server.url,
    controlUrl: control.length === 0 ? null : `${server.url}/__control`,
    orgs,
    clock,
    faults: instruments.faults,
    latencies: instruments.latencies,
    rateLimits: instruments.rateLimits,
    requests: instruments.requests,
    setVisibility(visibility) {
      world.visibility = { ...world.visibility, ...visibility };
    },
    dump: () => dumpWorld(world),
    load: (dump) => loadWorld(world, dump),
    async close() {
      await server.close();
      world.close();
    },
  };
}

/** Creates the orgs that are not there and gives each its key. One owner per key. */
function openOrgs(world: World, options: readonly OrgOption[]): { id: string; name: string; key: string }[] {
  return options.map(({ name, key, owner }) => {
    const granted = world.tenants.grant(key);
    const known = world.tenants.orgByName(name);
    const email = owner ?? ownerEmail(options.find((option) => option.key === key)?.name ?? name);
    const person = { email, given_name: 'Olivia', family_name: 'Owner' };
    const user = (granted && world.tenants.user(granted.userId)) ?? world.tenants.createUser(known?.id ?? '', person);
    const org = known ?? foundOrg(world, name, user);
    if (!world.tenants.isMember(org.id, user.id)) world.tenants.addMember(org.id, user.id);
    world.tenants.addKey(key, user.id, [org.id]);
    return { id: org.id, name, key };
  });
}

function ownerEmail(orgName: string): string {
  const host =
    orgName
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'org';
  return `owner@${host}.example`;
}
