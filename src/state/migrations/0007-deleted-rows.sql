-- What became of the rows that an action of a run deleted, for the report of the run that goes on with it.
CREATE TABLE deleted_rows (
  run_id TEXT NOT NULL,
  action_id TEXT NOT NULL,
  rows INTEGER NOT NULL,
  kept INTEGER NOT NULL,
  returned INTEGER NOT NULL,
  seal TEXT NOT NULL,
  PRIMARY KEY (run_id, action_id)
) STRICT, WITHOUT ROWID;
