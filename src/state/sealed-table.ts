import { hash } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import { DamagedStateError } from './state-error.ts';

export type Cell = string | number | Buffer | null;

/**
 * A table whose every row carries a checksum over its content. SQLite's own checks find a broken structure, but not a
 * flipped bit inside an id, and a wrong id would make the next run create something a second time.
 */
export class SealedTable<Row extends Readonly<Record<string, Cell>>> {
  private readonly db: Database;
  private readonly name: string;
  private readonly key: readonly string[];
  private readonly columns: readonly string[];
  private readonly statements = new Map<string, Statement<Cell[]>>();

  constructor(db: Database, name: string, key: readonly (keyof Row & string)[], rest: readonly (keyof Row & string)[]) {
    this.db = db;
    this.name = name;
    this.key = key;
    this.columns = [...key, ...rest];
  }

  /**
   * Reads every row and compares its checksum. Looking up a row later relies on it: a row whose key was damaged would
   * not be found, which looks like a row that never was.
   */
  verify(): void {
    const rows = this.db.prepare(`SELECT ${this.columns}, seal FROM ${this.name}`).raw().iterate();
    for (const row of rows as Iterable<Cell[]>) {
      const seal = row.pop();
      if (seal === this.seal(row)) continue;
      const key = row.slice(0, this.key.length).map((cell) => JSON.stringify(cell));
      throw new DamagedStateError(`The checksum of row ${key.join(', ')} of table ${this.name} is wrong.`);
    }
  }

  put(row: Row): void {
    const cells = this.columns.map((column) => row[column] ?? null);
    const columns = [...this.columns, 'seal'];
    const sql = `INSERT OR REPLACE INTO ${this.name} (${columns}) VALUES (${columns.map(() => '?')})`;
    this.statement(sql).run(...cells, this.seal(cells));
  }

  /** All rows, or those with these values, in the order of the key. */
  rows(where: Partial<Row> = {}): Row[] {
    const sql = `SELECT ${this.columns} FROM ${this.name}${condition(where)} ORDER BY ${this.key}`;
    return this.statement(sql).all(...cellsOf(where)) as Row[];
  }

  row(where: Partial<Row>): Row | undefined {
    return this.rows(where)[0];
  }

  /** Returns how many rows went. */
  delete(where: Partial<Row>): number {
    return this.statement(`DELETE FROM ${this.name}${condition(where)}`).run(...cellsOf(where)).changes;
  }

  private seal(cells: readonly Cell[]): string {
    const texts = cells.map((cell) => (Buffer.isBuffer(cell) ? hash('sha256', cell) : cell));
    return hash('sha256', JSON.stringify([this.name, ...texts])).slice(0, 16);
  }

  private statement(sql: string): Statement<Cell[]> {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare<Cell[]>(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}

function condition(where: object): string {
  const columns = Object.keys(where);
  return columns.length === 0 ? '' : ` WHERE ${columns.map((column) => `${column} = ?`).join(' AND ')}`;
}

function cellsOf(where: object): Cell[] {
  return Object.values(where) as Cell[];
}
