import { dumpRows, loadRows } from '../rows/row-dump.ts';
import type { World } from '../world.ts';
import type { StoredObject } from './object-table.ts';

/** Everything a world holds, as one JSON value with given ids, times, versions and keys; docs/emulator.md describes it. */
export interface Dump {
  readonly format_version: 1;
  /** Per table: organization, user, member, api_key, project, prompt, prompt_version, … */
  readonly objects: Readonly<Record<string, readonly StoredObject[]>>;
  readonly rows: unknown;
  readonly blobs: unknown;
}

export function dumpWorld(world: World): Dump {
  const objects: Record<string, StoredObject[]> = {};
  for (const kind of world.tableNames()) {
    const all = world.table(kind).all();
    if (all.length > 0) objects[kind] = all;
  }
  return { format_version: 1, objects, rows: dumpRows(world), blobs: world.objects.dump() };
}

/**
 * Replaces everything by a dump.
 * @throws Error when it is not a dump of this format version.
 */
export function loadWorld(world: World, dump: unknown): void {
  const { objects, rows, blobs } = readDump(dump);
  const fill = (): void => {
    for (const kind of world.tableNames()) world.table(kind).clear();
    for (const [kind, stored] of Object.entries(objects)) {
      const table = world.table(kind);
      for (const object of stored) table.put(object);
    }
  };
  if (world.database === null) fill();
  else world.database.transaction(fill);
  loadRows(world, rows ?? null);
  world.objects.load(blobs ?? null);
  world.raiseXacts();
}

/** Checks the outline of a dump. @throws Error */
export function readDump(value: unknown): Dump {
  const dump = value as Partial<Dump> | null;
  if (dump?.format_version !== 1 || typeof dump.objects !== 'object' || dump.objects === null) {
    throw new Error('not a dump: expected {"format_version": 1, "objects": {…}, "rows": …, "blobs": …}');
  }
  return { format_version: 1, objects: dump.objects, rows: dump.rows, blobs: dump.blobs };
}
