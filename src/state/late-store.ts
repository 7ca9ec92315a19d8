import type { AcquireOptions, Lease, LeaseHolder, StateStore } from '../domain/state.ts';
import type { StreamStore } from '../domain/stream-store.ts';
import type { StateEnvironment } from './environment.ts';
import { MissingStore } from './missing-store.ts';
import { appearedMeanwhile } from './state-error.ts';

/** The file, once there is one, with its lock. */
interface Created {
  readonly store: StateStore;
  readonly lease: Lease;
}

/** What `acquireLease` was asked for. */
type Wish = readonly [holder: LeaseHolder, waitMs: number, options?: AcquireOptions];

/**
 * A state whose file does not exist yet and is made by the first write, so that a run that is refused before that
 * leaves nothing behind, not even when it is killed. States: `absent` (reads find an empty state; the lock is a wish)
 * → `created` (the file is there, its lock is taken, and everything goes there).
 */
export class LateStore implements StateStore {
  private readonly path: string;
  private readonly create: () => Promise<StateStore>;
  private readonly empty: StateStore;
  private creating: Promise<Created> | undefined;
  private created: Created | undefined;

  constructor(path: string, environment: StateEnvironment, create: () => Promise<StateStore>) {
    this.path = path;
    this.create = create;
    this.empty = new MissingStore(path, environment);
  }

  private get readable(): StateStore {
    return this.created?.store ?? this.empty;
  }

  /** A run is opened before anything is recorded of streams, so that the file is there by then. */
  get streams(): StreamStore {
    return this.readable.streams;
  }

  snapshot: StateStore['snapshot'] = () => this.readable.snapshot();
  findRun: StateStore['findRun'] = (digest) => this.readable.findRun(digest);
  secretHmac: StateStore['secretHmac'] = (value) => this.readable.secretHmac(value);
  exportDocument: StateStore['exportDocument'] = () => this.readable.exportDocument();

  openRun: StateStore['openRun'] = (lease, request) =>
    this.write(lease, (file) => file.store.openRun(file.lease, request));
  beginAction: StateStore['beginAction'] = (lease, ...rest) =>
    this.write(lease, (file) => file.store.beginAction(file.lease, ...rest));
  completeAction: StateStore['completeAction'] = (lease, ...rest) =>
    this.write(lease, (file) => file.store.completeAction(file.lease, ...rest));
  failAction: StateStore['failAction'] = (lease, ...rest) =>
    this.write(lease, (file) => file.store.failAction(file.lease, ...rest));
  finishRun: StateStore['finishRun'] = (lease, runId) =>
    this.write(lease, (file) => file.store.finishRun(file.lease, runId));
  putMapping: StateStore['putMapping'] = (lease, ...rest) =>
    this.write(lease, (file) => file.store.putMapping(file.lease, ...rest));
  removeMapping: StateStore['removeMapping'] = (lease, ...rest) =>
    this.write(lease, (file) => file.store.removeMapping(file.lease, ...rest));

  async acquireLease(...wish: Wish): Promise<Lease> {
    return new LateLease(wish, () => this.created?.lease);
  }

  async close(): Promise<void> {
    await this.created?.store.close();
  }

  private async write<Result>(lease: Lease, work: (file: Created) => Promise<Result>): Promise<Result> {
    this.creating ??= this.createFor(lease);
    return work(await this.creating);
  }

  private async createFor(lease: Lease): Promise<Created> {
    if (!(lease instanceof LateLease)) throw new Error('A lease of another store was given.');
    const store = await this.create();
    try {
      const created = { store, lease: await store.acquireLease(...lease.wish) };
      // Whatever was checked so far was checked against nothing.
      const { serial, sourceOrgId } = await store.snapshot();
      if (serial !== 0 || sourceOrgId !== null) throw appearedMeanwhile(this.path);
      this.created = created;
      return created;
    } catch (error) {
      await store.close();
      throw error;
    }
  }
}

class LateLease implements Lease {
  readonly wish: Wish;
  private readonly taken: () => Lease | undefined;

  constructor(wish: Wish, taken: () => Lease | undefined) {
    this.wish = wish;
    this.taken = taken;
  }

  get token(): number {
    return this.taken()?.token ?? 0;
  }

  async release(): Promise<void> {
    await this.taken()?.release();
  }
}
