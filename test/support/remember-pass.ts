import { sha256 } from '../../src/domain/fingerprint.ts';
import type { StateStore } from '../../src/domain/state.ts';
import type { PassRequest } from '../../src/domain/stream-state.ts';

export interface RememberedPass extends Pick<PassRequest, 'stream' | 'container' | 'destinationContainer'> {
  readonly orgs: { readonly source: string; readonly destination: string };
  readonly filter?: Partial<PassRequest['filter']>;
  readonly settled: string;
  readonly rows: number;
  /** Rows above `settled`, and the newest of them. */
  readonly window?: { readonly rows: number; readonly newest: string };
  /** Leaves the pass as a killed run leaves it. */
  readonly unfinished?: boolean;
}

/** Makes a state remember that rows of a container were copied, as an apply would have done. */
export async function rememberPass(store: StateStore, pass: RememberedPass): Promise<void> {
  const { orgs, stream, container, destinationContainer, settled, rows, window, unfinished = false } = pass;
  const lease = await store.acquireLease({ host: 'test', pid: 1, bootId: 'boot', jobUrl: null }, 0);
  try {
    const run = await store.openRun(lease, {
      planDigest: sha256(`a copy of ${stream} ${container} up to ${settled}`),
      sourceOrgId: orgs.source,
      destinationOrgId: orgs.destination,
      toolVersion: '0.0.0-test',
    });
    const [range] = await store.streams.openPass(lease, {
      runId: run.runId,
      actionId: `copy:${stream}.${container}`,
      stream,
      container,
      destinationContainer,
      filter: { xactAfter: null, xactUpTo: settled, createdAfter: null, createdBefore: null, ...pass.filter },
      settled,
      cuts: [null],
    });
    if (range === undefined) throw new Error('no range was opened');
    await store.streams.leaseRange(lease, range.id);
    await store.streams.ackBatch(lease, [
      {
        rangeId: range.id,
        upTo: null,
        rows,
        bytes: rows * 100,
        kept: 0,
        digest: null,
        xactId: settled,
        newestXact: window?.newest ?? settled,
        window: hashesOf(window?.rows ?? 0),
        windowNewest: window?.newest ?? null,
        quarantined: [],
        unresolved: [],
        intended: null,
      },
    ]);
    if (!unfinished) await store.streams.finishPass(lease, [range.id]);
  } finally {
    await lease.release();
  }
}

/** A hash for each row, no two the same: the state counts a row that it is told twice once. */
function hashesOf(rows: number): Buffer {
  const hashes = Buffer.alloc(rows * 8);
  for (let row = 0; row < rows; row += 1) hashes.writeUInt32BE(row + 1, row * 8);
  return hashes;
}
