import type { StreamStore } from '../domain/stream-store.ts';

async function refuse(): Promise<never> {
  throw new Error('The state was opened for reading; it cannot be written.');
}

/** What is known of streams when there is no state. */
export const MISSING_STREAMS: StreamStore = {
  openPass: refuse,
  leaseRange: refuse,
  intend: refuse,
  settleIntents: refuse,
  ackBatch: refuse,
  finishPass: refuse,
  openMending: refuse,
  finishMending: refuse,
  recordBlobs: refuse,
  noteWritten: refuse,
  noteDeleted: refuse,
  deletedRows: async () => new Map(),
  settleQuarantined: refuse,
  rangesOf: async () => new Map(),
  windowHashes: async () => Buffer.alloc(0),
  intents: async () => [],
  writtenXacts: async () => new Set(),
  writtenWindows: async () => [],
  findBlobs: async () => new Map(),
  sizesOfCopies: async () => new Map(),
  quarantine: async () => [],
};
