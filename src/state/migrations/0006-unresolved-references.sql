-- Ids of the source that rows of a container were written with, because the destination had nothing to point at, and between
-- which transactions of the source those rows are. An empty source_id stands for all that were too many to be named.
CREATE TABLE unresolved_reference (
  stream TEXT NOT NULL,
  container TEXT NOT NULL,
  type TEXT NOT NULL,
  source_id TEXT NOT NULL,
  rows INTEGER NOT NULL,
  first_xact TEXT NOT NULL,
  last_xact TEXT NOT NULL,
  seal TEXT NOT NULL,
  PRIMARY KEY (stream, container, type, source_id)
) STRICT, WITHOUT ROWID;
