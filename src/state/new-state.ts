import Database from 'better-sqlite3';
import type { StateEnvironment } from './environment.ts';
import { migrate } from './migrate.ts';
import { stateTables } from './state-tables.ts';

/** An empty state in memory, with a lineage and a salt of its own. */
export function newState(environment: StateEnvironment): Database.Database {
  const db = new Database(':memory:');
  migrate(db);
  stateTables(db).meta.put({
    id: 1,
    lineage: environment.uuid(),
    serial: 0,
    salt: environment.randomHex(32),
    source_org_id: null,
    destination_org_id: null,
  });
  return db;
}
