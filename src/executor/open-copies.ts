import type { Reporter } from '../domain/event.ts';
import type { OrgReader, OrgWriter } from '../domain/org.ts';
import type { QuarantineFolder } from '../domain/quarantine-folder.ts';
import type { Spec } from '../domain/spec.ts';
import type { Lease, StateSnapshot, StateStore } from '../domain/state.ts';
import type { Inventories } from '../inventory/read-inventories.ts';
import { ByteWindow } from '../streams/byte-window.ts';
import type { LaneOutcome } from '../streams/lane.ts';
import { lookUpReferences } from '../streams/look-up-references.ts';
import { newReadConditions } from '../streams/read/read-conditions.ts';
import { shareWriting } from '../streams/share-writing.ts';
import type { CopyContext } from './copy-rows.ts';
import type { DestinationBook } from './destination-book.ts';

/** Of the memory that the spec allows, what rows may take at once; the rest is what they are made into. */
const WINDOW_SHARE = 1 / 4;
const SMALLEST_WINDOW = 4 * 1024 * 1024;

export interface CopyDeps {
  readonly runId: string;
  readonly spec: Spec;
  readonly source: OrgReader;
  readonly destination: OrgWriter;
  readonly store: StateStore;
  readonly lease: Lease;
  readonly quarantine: QuarantineFolder;
  readonly inventories: Inventories;
  readonly state: StateSnapshot;
  readonly book: DestinationBook;
  readonly report: Reporter;
  readonly signal: AbortSignal;
  readonly note: (outcome: LaneOutcome) => void;
}

/** Everything that the copies of one run share: one window of bytes, one view of what both servers can take. */
export async function openCopies(deps: CopyDeps): Promise<CopyContext> {
  const { runId, spec, source, destination, lease, inventories, state, book, signal, report, quarantine } = deps;
  const store = deps.store.streams;
  const windowBytes = Math.max(SMALLEST_WINDOW, spec.limits.memoryMb * 1024 * 1024 * WINDOW_SHARE);
  return {
    passes: { runId, source, spec, inventories, state, book, store, lease },
    lane: {
      reader: source,
      writer: destination,
      store,
      lease,
      lookup: lookUpReferences(inventories.source, state, (address) => book.id(address)),
      quarantine,
      shared: await shareWriting({ reader: source, writer: destination, store, lease, windowBytes }),
      conditions: newReadConditions(),
      window: new ByteWindow(windowBytes),
      options: {
        skipAsyncScoring: spec.streams.skipAsyncScoring,
        attachments: spec.streams.attachments,
        order: spec.streams.order,
      },
      sought: null,
      signal,
      report,
      now: () => performance.now(),
      idle: () => performance.eventLoopUtilization().idle,
    },
    note: deps.note,
  };
}
