import type { Clock } from './clock.ts';
import { parseXact, type Xact, type XactSequence } from './encoding/xact.ts';
import type { BlobStore } from './objects/blob-store.ts';
import type { RowStore } from './rows/row-store.ts';
import type { Database } from './store/database.ts';
import { ObjectTable } from './store/object-table.ts';
import type { WorldSwitches } from './switches.ts';
import { Tenants } from './tenants.ts';
import { FULL_VISIBILITY, type Visibility } from './visibility.ts';

export interface WorldOptions {
  readonly clock: Clock;
  readonly switches: WorldSwitches;
  /** Null keeps everything in memory. */
  readonly database: Database | null;
  readonly xacts: XactSequence;
  readonly rows: RowStore;
  readonly objects: BlobStore;
}

/**
 * Everything the emulated service knows: orgs, people, keys, objects, rows and blobs. No HTTP.
 * An object of any kind is found through `table(kind)`; prompts and functions share the table `prompt`.
 */
export class World {
  readonly clock: Clock;
  readonly switches: WorldSwitches;
  readonly database: Database | null;
  readonly tenants: Tenants;
  readonly rows: RowStore;
  /** Attachments, overflow bodies and code bundles. */
  readonly objects: BlobStore;
  /** May be replaced at any time. */
  visibility: Visibility = FULL_VISIBILITY;
  readonly #tables = new Map<string, ObjectTable>();
  readonly #xacts: XactSequence;

  constructor(options: WorldOptions) {
    this.clock = options.clock;
    this.switches = options.switches;
    this.database = options.database;
    this.rows = options.rows;
    this.objects = options.objects;
    this.#xacts = options.xacts;
    this.tenants = new Tenants(options.database, () => options.clock.iso(), options.switches.userIdsGlobal);
    for (const table of this.tenants.tables) this.#tables.set(table.kind, table);
  }

  /** One transaction id, greater than every earlier one. */
  nextXact(): Xact {
    return this.#xacts.next();
  }

  get lastXact(): Xact {
    return this.#xacts.last;
  }

  table(kind: string): ObjectTable {
    const known = this.#tables.get(kind);
    if (known !== undefined) return known;
    const table = new ObjectTable(kind, this.database);
    this.#tables.set(kind, table);
    return table;
  }

  /** Names of the tables that are in use or in the data file. */
  tableNames(): string[] {
    return [...new Set([...this.#tables.keys(), ...(this.database?.kinds() ?? [])])].sort();
  }

  /** Makes later transaction ids greater than those of every stored version, and of the current second. */
  raiseXacts(): void {
    for (const version of this.table('prompt_version').all()) {
      const xact = parseXact(String(version.fields._xact_id));
      if (xact !== null) this.#xacts.raiseTo(xact);
    }
    const row = this.rows.lastXact;
    if (row !== null) this.#xacts.raiseTo(row);
  }

  close(): void {
    this.rows.close();
    this.objects.close();
    this.database?.close();
  }
}
