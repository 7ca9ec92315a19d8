import type { BatchAck, PassRequest, QuarantinedRow } from '../../src/domain/stream-state.ts';

export const COPY_LOGS = 'copy:logs.Support-bot';

/** A transaction id, in the order of its number (1 to 99,999). */
export function xact(number: number): string {
  return `10001970000000${String(number).padStart(5, '0')}`;
}

/** A pagination key, in the order of its number. */
export function key(number: number): string {
  return `p${String(number).padStart(20, '0')}`;
}

/** The first pass over the logs of the support bot, up to transaction 100. */
export function firstPass(runId: string, more: Partial<PassRequest> = {}): PassRequest {
  return {
    runId,
    actionId: COPY_LOGS,
    stream: 'logs',
    container: 'source-project',
    destinationContainer: 'destination-project',
    filter: { xactAfter: null, xactUpTo: xact(100), createdAfter: null, createdBefore: null },
    settled: xact(90),
    cuts: [null],
    ...more,
  };
}

/** 100 rows of 2 KB that were written in transaction 501. */
export function batchOf(rangeId: string, more: Partial<BatchAck> = {}): BatchAck {
  return {
    rangeId,
    upTo: key(100),
    rows: 100,
    bytes: 204_800,
    kept: 0,
    digest: null,
    xactId: xact(501),
    newestXact: xact(80),
    window: Buffer.alloc(0),
    windowNewest: null,
    quarantined: [],
    unresolved: [],
    intended: null,
    ...more,
  };
}

export const BAD_ROW: QuarantinedRow = {
  id: 'a1b2c3',
  stream: 'logs',
  container: 'source-project',
  rowId: 'row-7',
  attachmentKey: null,
  size: 2_048,
  reason: 'rejected',
  detail: 'input is not valid, says ann@dev.example',
  file: 'a1b2c3.json',
};
