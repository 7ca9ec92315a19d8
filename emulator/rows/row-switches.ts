/** Questions about rows that no evidence settles, and limits; see docs/api-assumptions.md, "Emulator rows". */
export interface RowSwitches {
  /** Row data comes back byte for byte, or null-filled, sorted, with UTC instants and re-serialised numbers (fact sheet 4.1, 4.4). */
  readonly rowMode: 'verbatim' | 'normalised';
  /** A `created` that is sent is kept at millisecond precision; false: the server always stamps receipt time. */
  readonly createdHonoured: boolean;
  /** `_skip_async_scoring` and `_async_scoring_control` are accepted from an ordinary key, or refused with 400. */
  readonly skipAsyncScoring: 'accept' | 'reject';
  /** Columns that only the server writes (comments, classifications, audit_data …) are ignored in inserts, or refused with 400. */
  readonly ownedColumns: 'ignore' | 'reject';
  /** Bytes of the largest `/logs3` or insert body; above it the answer is 413. Null advertises no limit and no overflow route. */
  readonly logs3PayloadMaxBytes: number | null;
  /** Bytes of the largest single row, through whichever route. */
  readonly maxRowBytes: number;
  /** How an overflow body is uploaded: raw PUT, or a multipart POST with form fields (fact sheet 4.5). */
  readonly overflowUpload: 'PUT' | 'POST';
  /** Answers of /btql and fetch with more bytes than this become a 303 to a signed URL with a gzipped body; null never. */
  readonly redirectAboveBytes: number | null;
  /** `realtime_state.type`; off: rows show up only `freshnessLagMs` after they were written. */
  readonly realtime: 'on' | 'off';
  /** How far `freshness_state.last_processed_xact_id` trails, in milliseconds. Recorded answers lag up to 627,000. */
  readonly freshnessLagMs: number;
  /** Largest `limit` that /btql takes, 400 above; null takes any. */
  readonly btqlMaxLimit: number | null;
  /** Rows without `_pagination_key` come after all others in ascending order, or before. */
  readonly missingKeys: 'last' | 'first';
  /** A page that is read by cursor ends at the limit even inside a run of equal keys (the rest of the run is then skipped), or after the run. */
  readonly cursorTies: 'cut' | 'whole';
  /** The signed answer behind a 303 says `content-encoding: gzip`; fact sheet 1.6 says that it may not. */
  readonly redirectNamesEncoding: boolean;
  /** Every row is checked to be JSON to the last byte; else escapes, and control characters far into a string, are not looked at. */
  readonly strictRowJson: boolean;
}

export const DEFAULT_ROW_SWITCHES: RowSwitches = {
  rowMode: 'verbatim',
  createdHonoured: true,
  skipAsyncScoring: 'accept',
  ownedColumns: 'ignore',
  logs3PayloadMaxBytes: 5 * 1024 * 1024,
  maxRowBytes: 20 * 1024 * 1024,
  overflowUpload: 'PUT',
  redirectAboveBytes: null,
  realtime: 'on',
  freshnessLagMs: 0,
  btqlMaxLimit: null,
  missingKeys: 'last',
  cursorTies: 'cut',
  redirectNamesEncoding: false,
  strictRowJson: false,
};
