-- Rows that are about to be written over rows of the destination: a hash of what each will hold, 16 bytes a row, one record
-- a batch. Gone with the batch's acknowledgement.
CREATE TABLE write_intent (
  stream TEXT NOT NULL,
  container TEXT NOT NULL,
  range_id TEXT NOT NULL,
  batch INTEGER NOT NULL,
  newer_than TEXT NOT NULL,
  rows BLOB NOT NULL,
  seal TEXT NOT NULL,
  PRIMARY KEY (stream, container, range_id, batch)
) STRICT, WITHOUT ROWID;
