import type { Address } from './address.ts';
import type { ErrorCode } from './errors.ts';
import type { StreamKind } from './kind.ts';
import type { ActionId, Operation, Reason } from './plan.ts';
import type { QuarantineReason } from './stream-state.ts';

/** Everything the engine tells the outside; one closed union, many views. Durations are milliseconds. */
export type RunEvent =
  | { readonly type: 'inventory_started'; readonly side: Side }
  | { readonly type: 'list_finished'; readonly side: Side; readonly kind: string; readonly objects: number }
  | {
      readonly type: 'list_failed';
      readonly side: Side;
      readonly kind: string;
      readonly code: string;
      readonly detail: string;
    }
  | { readonly type: 'inventory_finished'; readonly side: Side; readonly objects: number; readonly requests: number }
  /** With `policy.prune`, where both sides differ: names of so many rows of both are read, with about so many requests. */
  | {
      readonly type: 'search_started';
      readonly address: Address;
      readonly rows_total: number;
      readonly requests: { readonly source: number; readonly destination: number };
    }
  | { readonly type: 'rows_searched'; readonly address: Address; readonly side: Side; readonly rows: number }
  | {
      readonly type: 'search_finished';
      readonly address: Address;
      /** That the source no longer has; null when nobody could find out. */
      readonly rows: number | null;
    }
  | { readonly type: 'plan_built'; readonly digest: string; readonly actions: Readonly<Record<Operation, number>> }
  | {
      readonly type: 'run_started';
      readonly run_id: string;
      /** Of the state; what comes out of it is told in its form (see `storedAddress`). */
      readonly lineage: string;
      readonly resumed: boolean;
      readonly actions: number;
      /** That the plan's copies hold; null when one was not counted. */
      readonly rows: number | null;
    }
  | { readonly type: 'action_started'; readonly id: ActionId; readonly op: Operation; readonly address: Address }
  | {
      readonly type: 'action_finished';
      readonly id: ActionId;
      readonly op: Operation;
      readonly address: Address;
      readonly duration_ms: number;
    }
  | {
      readonly type: 'action_failed';
      readonly id: ActionId;
      readonly op: Operation;
      readonly address: Address;
      readonly code: string;
      readonly summary: string;
      readonly detail: string;
    }
  | {
      readonly type: 'action_skipped';
      readonly id: ActionId;
      readonly op: Operation;
      readonly address: Address;
      readonly reason: Reason | 'dependency_failed' | 'interrupted';
    }
  | {
      readonly type: 'request_finished';
      readonly side: Side;
      readonly method: string;
      readonly path: string;
      readonly status: number;
      readonly duration_ms: number;
      readonly attempt: number;
    }
  | {
      readonly type: 'retry_scheduled';
      readonly side: Side;
      readonly method: string;
      readonly path: string;
      readonly status: number | null;
      readonly code: ErrorCode | 'RETRY';
      readonly wait_ms: number;
      readonly attempt: number;
    }
  /** What a host is asked at once from now on, and how long nothing is sent to it (its Retry-After); 0 unless that is new. */
  | { readonly type: 'host_limits'; readonly host: string; readonly in_flight: number; readonly wait_ms: number }
  /** Most rows of one container that are asked for at once from now on; told with its first page, too. */
  | {
      readonly type: 'page_limit';
      readonly side: Side;
      readonly stream: StreamKind;
      /** Id of the first container that is read. */
      readonly container: string;
      readonly rows: number;
    }
  | {
      readonly type: 'copy_started';
      readonly address: Address;
      /** Null when they were not counted. */
      readonly rows_total: number | null;
      /** By an earlier run of the same pass. */
      readonly rows_done: number;
    }
  /** A batch is acknowledged: what of it belongs to this stream, and how batches are written now. */
  | {
      readonly type: 'rows_copied';
      readonly address: Address;
      readonly rows: number;
      readonly bytes: number;
      /** Left as they are, because they were edited in the destination. */
      readonly kept: number;
      readonly route: 'direct' | 'staged';
      /** Most rows and bytes of a batch. */
      readonly batch_rows: number;
      readonly batch_bytes: number;
    }
  | {
      readonly type: 'copy_finished';
      readonly address: Address;
      /** Of this run, as below. */
      readonly rows: number;
      readonly bytes: number;
      readonly quarantined: number;
      readonly kept: number;
      readonly duration_ms: number;
    }
  /** Rows that the source no longer has; those left alone were edited in the destination, or are in the source again. */
  | {
      readonly type: 'rows_deleted';
      readonly address: Address;
      readonly rows: number;
      readonly kept: number;
      readonly returned: number;
    }
  /** How far all copies of a run are, every few seconds while rows are copied. */
  | {
      readonly type: 'copy_progress';
      readonly rows_done: number;
      /** Null when they were not counted. */
      readonly rows_total: number | null;
      readonly bytes_done: number;
      /** Of the last seconds. */
      readonly rows_per_second: number;
      readonly bytes_per_second: number;
      readonly left_ms: number | null;
      /** To both organizations, since the run began. */
      readonly requests: number;
      readonly retries: number;
      /** How the last batch was written, and most rows and bytes of one. */
      readonly route: 'direct' | 'staged';
      readonly batch_rows: number;
      readonly batch_bytes: number;
      /** Most rows asked for at once, where that changed last; null before the first page. */
      readonly page_rows: number | null;
      /** Requests that each host is asked at once, and how long it is still left alone. */
      readonly hosts: readonly { readonly host: string; readonly in_flight: number; readonly wait_ms: number }[];
      /** Being copied now; not more than a few, those with most to do first. */
      readonly streams: readonly {
        readonly address: Address;
        readonly rows_done: number;
        readonly rows_total: number | null;
        readonly rows_per_second: number;
        readonly bytes_per_second: number;
        readonly left_ms: number | null;
      }[];
    }
  | {
      readonly type: 'row_quarantined';
      readonly address: Address;
      readonly row_id: string | null;
      readonly reason: QuarantineReason;
      readonly detail: string;
      readonly bytes: number;
      /** In the quarantine folder. */
      readonly file: string | null;
    }
  | {
      readonly type: 'row_spilled';
      readonly address: Address;
      readonly row_id: string;
      readonly fields: readonly string[];
    }
  | { readonly type: 'attachment_copied'; readonly address: Address; readonly bytes: number }
  | {
      readonly type: 'attachment_failed';
      readonly address: Address;
      readonly key: string;
      readonly row_id: string | null;
      readonly reason: QuarantineReason;
      readonly detail: string;
    }
  | { readonly type: 'lock_waiting'; readonly detail: string }
  | { readonly type: 'warning'; readonly code: string; readonly detail: string }
  | {
      readonly type: 'run_finished';
      readonly run_id: string;
      readonly exit_code: number;
      readonly duration_ms: number;
    };

export type Side = 'source' | 'destination';

export type Reporter = (event: RunEvent) => void;
