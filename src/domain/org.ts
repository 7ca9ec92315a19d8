import type { JsonObject } from './json.ts';
import type { ResourceKind } from './kind.ts';
import type {
  BlobRef,
  BlobUpload,
  Container,
  CountOptions,
  CountRequest,
  NamesRequest,
  OpenedBlob,
  PageRequest,
  PayloadLimits,
  RowBody,
  RowBytes,
  RowCount,
  SampleRequest,
  StagedBatch,
  StageRequest,
  WrittenRows,
} from './row-io.ts';

/**
 * The port between the engine and an organization. HTTP is the first adapter (`api/`); an archive folder can be the
 * next. The source is only ever seen as an `OrgReader`, so that writing to it does not compile.
 */
export interface OrgReader {
  /** Who answers: resolved once, from the credentials. Throws BTM_CREDENTIALS_*, BTM_WRONG_ORG, BTM_UNREACHABLE. */
  identity(): Promise<OrgIdentity>;
  /** Reads a list to its very end. Throws when it cannot be read whole; never returns a part. */
  list(request: ListRequest): Promise<ListAnswer>;
  /** Counts rows, 25 containers of one stream kind a request, and tells how far each can be read; in the order of `requests`. */
  countRows(requests: readonly CountRequest[], options?: CountOptions): Promise<readonly RowCount[]>;
  /**
   * Counts the rows of containers of one stream kind, at most 25, by the transaction that last wrote them. By id of the
   * container; one without rows is not in the answer. `seen` is a transaction that was seen in one of them: throws
   * BTM_RESPONSE_UNREADABLE when the answer says of itself that it does not reach so far.
   */
  countByTransaction(
    containers: readonly Container[],
    seen: string | null,
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>>;
  /** Reads one whole page of rows as bytes, never a part of one. */
  readPage(request: PageRequest): Promise<RowBytes>;
  /**
   * Keys of some rows, spread over all that match, in order; at most 1,000, so the last one tells how far they reach.
   * Asked once: throws when the server cannot tell.
   */
  sampleKeys(request: SampleRequest): Promise<readonly string[]>;
  /**
   * Ids of some rows, by id of their container. There may be more: one page is asked for. Asked once: throws when the server
   * cannot tell or limits requests.
   */
  nameRows(request: NamesRequest): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
  /**
   * The transaction that last wrote each of these rows; rows that do not exist are not in the answer. `seen` is a transaction
   * that was seen in the container: throws BTM_RESPONSE_UNREADABLE when rows are missing in an answer that says of itself that
   * it does not reach so far, because then a row that is not shown may be there.
   */
  readVersions(container: Container, ids: readonly string[], seen?: string): Promise<ReadonlyMap<string, string>>;
  /** Opens an attachment. What it lacks is an answer, not an error. */
  openBlob(blob: BlobRef): Promise<OpenedBlob>;
  /** Requests sent so far, retries included. */
  requestsSent(): number;
  /**
   * What the clock of the server shows, as far as its last answer tells; ours before the first. Milliseconds since the
   * epoch.
   */
  serverTime(): number;
  close(): Promise<void>;
}

export interface OrgWriter extends OrgReader {
  /** Sends one write. Throws BTM_OUTCOME_UNKNOWN when the answer got lost and the write may have happened. */
  write(request: WriteRequest): Promise<WriteAnswer>;
  payloadLimits(): Promise<PayloadLimits>;
  /**
   * Writes whole rows with ids: they replace what has their id, so they are sent again when an answer is lost. Either all
   * are written or none. Throws RowsRefused.
   */
  insertRows(rows: RowBody): Promise<WrittenRows>;
  /** Uploads rows without writing them; batches may be staged side by side. Throws RowsRefused. */
  stageRows(rows: StageRequest): Promise<StagedBatch>;
  /**
   * Writes a staged batch. Throws RowsRefused, and BTM_OUTCOME_UNKNOWN when an answer was lost and the batch is gone:
   * stage it again.
   */
  commitRows(batch: StagedBatch): Promise<WrittenRows>;
  /** Uploads an attachment and returns its new key. */
  putBlob(upload: BlobUpload): Promise<string>;
}

export interface OrgIdentity {
  readonly orgId: string;
  readonly orgName: string;
  /** Origin (and base path) of the API, without credentials. */
  readonly url: string;
}

export interface ListRequest {
  readonly kind: ResourceKind;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /**
   * `cursor`: `starting_after` pages until an empty page; `whole`: the endpoint has no paging at all;
   * `limit_only`: one page whose completeness is unknown when it is exactly full.
   */
  readonly paging: 'cursor' | 'whole' | 'limit_only';
  /** `objects`: `{objects: […]}`; `array`: a bare array (fact sheet 2.3, acl list_org). Either is accepted. */
  readonly envelope: 'objects' | 'array';
}

export interface ListAnswer {
  readonly objects: readonly JsonObject[];
  /** False when the endpoint cannot prove that nothing is missing. */
  readonly complete: boolean;
}

export interface WriteRequest {
  readonly kind: ResourceKind;
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
  /** True when sending it twice equals sending it once; only then it is repeated after a lost answer. */
  readonly idempotent: boolean;
}

export interface WriteAnswer {
  readonly object: JsonObject;
  /** The server said that a POST found an existing object (`x-bt-found-existing`, fact sheet 1.4). */
  readonly foundExisting: boolean;
}
