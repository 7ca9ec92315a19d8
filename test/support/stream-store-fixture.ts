import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../src/domain/fingerprint.ts';
import type { Lease, StateStore } from '../../src/domain/state.ts';
import type { PassRequest, StreamRange } from '../../src/domain/stream-state.ts';
import { openTestStore, type STORE_KINDS } from './open-test-store.ts';
import { type TestEnvironment, testEnvironment } from './state-environment.ts';
import { BUILD_7, NIGHTLY } from './state-fixture.ts';
import { firstPass } from './stream-fixture.ts';

/** An empty store of a kind, in which the nightly run has begun. */
export class StreamStoreFixture {
  readonly folder: string;
  readonly environment: TestEnvironment;
  readonly store: StateStore;
  readonly lease: Lease;
  readonly runId: string;

  private constructor(parts: Pick<StreamStoreFixture, 'folder' | 'environment' | 'store' | 'lease' | 'runId'>) {
    this.folder = parts.folder;
    this.environment = parts.environment;
    this.store = parts.store;
    this.lease = parts.lease;
    this.runId = parts.runId;
  }

  static async start(kind: (typeof STORE_KINDS)[number]): Promise<StreamStoreFixture> {
    const folder = mkdtempSync(join(tmpdir(), 'acme-streams-'));
    const environment = testEnvironment();
    environment.alive.add(BUILD_7.pid);
    const store = await openTestStore(kind, folder, environment);
    const lease = await store.acquireLease(BUILD_7, 0);
    const { runId } = await store.openRun(lease, NIGHTLY);
    return new StreamStoreFixture({ folder, environment, store, lease, runId });
  }

  /** Opens the first pass over the logs of the support bot, which has one range. */
  async open(more: Partial<PassRequest> = {}): Promise<StreamRange> {
    const [range] = await this.store.streams.openPass(this.lease, firstPass(this.runId, more));
    if (range === undefined) throw new Error('A pass has a range.');
    return range;
  }

  /** Id of a run that carries out another plan. */
  async another(): Promise<string> {
    const run = await this.store.openRun(this.lease, { ...NIGHTLY, planDigest: sha256('the next night') });
    return run.runId;
  }

  async close(): Promise<void> {
    await this.store.close();
    rmSync(this.folder, { recursive: true });
  }
}
