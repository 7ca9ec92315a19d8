-- Every row carries a seal: a checksum over its table and its other columns (see sealed-table.ts).

CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  lineage TEXT NOT NULL,
  serial INTEGER NOT NULL,
  salt TEXT NOT NULL,
  source_org_id TEXT,
  destination_org_id TEXT,
  seal TEXT NOT NULL
) STRICT;

CREATE TABLE mapping (
  kind TEXT NOT NULL,
  source_id TEXT NOT NULL,
  destination_id TEXT NOT NULL,
  address TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('created', 'adopted')),
  fingerprint TEXT NOT NULL,
  run_id TEXT,
  seal TEXT NOT NULL,
  PRIMARY KEY (kind, source_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
  run_id TEXT NOT NULL PRIMARY KEY,
  plan_digest TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('running', 'finished')),
  tool_version TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  seal TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
  run_id TEXT NOT NULL,
  action_id TEXT NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN ('begun', 'done', 'failed')),
  fingerprint TEXT,
  error_code TEXT,
  error_summary TEXT,
  seal TEXT NOT NULL,
  PRIMARY KEY (run_id, action_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE secret_hmac (
  name TEXT NOT NULL PRIMARY KEY,
  hmac TEXT NOT NULL,
  seal TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  token INTEGER NOT NULL,
  host TEXT,
  pid INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  job_url TEXT,
  beat_at INTEGER NOT NULL,
  beats INTEGER NOT NULL,
  seal TEXT NOT NULL
) STRICT;
