CREATE TABLE stream_range (
  id TEXT NOT NULL PRIMARY KEY,
  run_id TEXT NOT NULL,
  action_id TEXT NOT NULL,
  stream TEXT NOT NULL,
  container TEXT NOT NULL,
  destination_container TEXT NOT NULL,
  lo TEXT,
  hi TEXT,
  seq INTEGER NOT NULL,
  xact_after TEXT,
  xact_up_to TEXT NOT NULL,
  created_after TEXT,
  created_before TEXT,
  settled TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'leased', 'committed')),
  position TEXT,
  rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  quarantined INTEGER NOT NULL,
  kept INTEGER NOT NULL,
  batches INTEGER NOT NULL,
  newest_source_xact TEXT,
  newest_destination_xact TEXT,
  window_rows INTEGER NOT NULL,
  window_newest TEXT,
  seal TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX stream_range_container ON stream_range (stream, container);

CREATE TABLE stream_progress (
  stream TEXT NOT NULL,
  container TEXT NOT NULL,
  destination_container TEXT NOT NULL,
  settled TEXT NOT NULL,
  window_rows INTEGER NOT NULL,
  window_newest TEXT,
  last_key TEXT,
  window_digest TEXT NOT NULL,
  rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  seal TEXT NOT NULL,
  PRIMARY KEY (stream, container)
) STRICT, WITHOUT ROWID;

-- Hashes of the rows above a pass's settled transaction, 8 bytes each, one record a batch.
CREATE TABLE late_window (
  stream TEXT NOT NULL,
  container TEXT NOT NULL,
  range_id TEXT NOT NULL,
  batch INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  seal TEXT NOT NULL,
  PRIMARY KEY (stream, container, range_id, batch)
) STRICT, WITHOUT ROWID;

CREATE TABLE written_xact (
  stream TEXT NOT NULL,
  container TEXT NOT NULL,
  xact TEXT NOT NULL,
  rows INTEGER NOT NULL,
  digest TEXT,
  seal TEXT NOT NULL,
  PRIMARY KEY (stream, container, xact)
) STRICT, WITHOUT ROWID;

CREATE TABLE version_map (
  kind TEXT NOT NULL,
  source_id TEXT NOT NULL,
  source TEXT NOT NULL,
  destination TEXT NOT NULL,
  seal TEXT NOT NULL,
  PRIMARY KEY (kind, source_id, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE blob (
  source_key TEXT NOT NULL PRIMARY KEY,
  destination_key TEXT NOT NULL,
  size INTEGER NOT NULL,
  seal TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
  id TEXT NOT NULL PRIMARY KEY,
  run_id TEXT NOT NULL,
  stream TEXT NOT NULL,
  container TEXT NOT NULL,
  destination_container TEXT NOT NULL,
  row_id TEXT,
  attachment_key TEXT,
  size INTEGER NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  file TEXT,
  status TEXT NOT NULL CHECK (status IN ('open', 'settled')),
  seal TEXT NOT NULL
) STRICT, WITHOUT ROWID;
