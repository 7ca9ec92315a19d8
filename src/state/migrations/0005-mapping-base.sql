-- What both sides held of an object when they were last made equal, part by part, as hashes: drift tells by it which side
-- has changed which field.
CREATE TABLE mapping_base (
  kind TEXT NOT NULL,
  source_id TEXT NOT NULL,
  base TEXT NOT NULL,
  seal TEXT NOT NULL,
  PRIMARY KEY (kind, source_id)
) STRICT, WITHOUT ROWID;
