import type { Database } from './database.ts';

/** The fields of an object as the API returns them. */
export type Fields = Record<string, unknown>;

/** One object of any kind with what the API does not show. */
export interface StoredObject {
  readonly id: string;
  readonly orgId: string;
  /** What owns it: a project, an org, or `<object_type>:<object_id>`. Lists by owner are one index look-up. */
  readonly ownerId: string;
  /** ISO-8601 UTC with milliseconds; the order of lists. */
  readonly created: string;
  /** Text that only one live object of the kind may have; null for kinds without such a rule. */
  readonly uniqueKey: string | null;
  readonly deleted: boolean;
  readonly fields: Fields;
  /** Write-only values such as a secret. */
  readonly hidden?: Fields;
}

/** Objects of one kind: by id, by unique key, and in order of creation per org and per owner. Deleted ones stay readable by id. */
export class ObjectTable {
  readonly kind: string;
  readonly #database: Database | null;
  readonly #byId = new Map<string, StoredObject>();
  readonly #byKey = new Map<string, string>();
  readonly #byOrg = new Map<string, StoredObject[]>();
  readonly #byOwner = new Map<string, StoredObject[]>();

  constructor(kind: string, database: Database | null) {
    this.kind = kind;
    this.#database = database;
    for (const stored of (database?.read(kind) ?? []) as StoredObject[]) this.#index(stored);
  }

  /** The object, deleted ones included. */
  get(id: string): StoredObject | undefined {
    return this.#byId.get(id);
  }

  live(id: string): StoredObject | undefined {
    const stored = this.#byId.get(id);
    return stored?.deleted ? undefined : stored;
  }

  byKey(uniqueKey: string): StoredObject | undefined {
    const id = this.#byKey.get(uniqueKey);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  /** Inserts or replaces by id. */
  put(stored: StoredObject): StoredObject {
    this.#database?.write(this.kind, stored.id, stored);
    this.#unindex(stored.id);
    this.#index(stored);
    return stored;
  }

  /** Removes without a trace, for kinds that delete hard. */
  remove(id: string): void {
    this.#database?.remove(this.kind, id);
    this.#unindex(id);
    this.#byId.delete(id);
  }

  clear(): void {
    this.#database?.clear(this.kind);
    for (const index of [this.#byId, this.#byKey, this.#byOrg, this.#byOwner]) index.clear();
  }

  /** Live objects of an org in order of creation, oldest first. Not a copy. */
  ofOrg(orgId: string): readonly StoredObject[] {
    return this.#byOrg.get(orgId) ?? [];
  }

  /** Live objects of an owner in order of creation, oldest first. Not a copy. */
  ofOwner(ownerId: string): readonly StoredObject[] {
    return this.#byOwner.get(ownerId) ?? [];
  }

  /** Everything, deleted ones included, in order of creation. */
  all(): StoredObject[] {
    return [...this.#byId.values()].sort(compareAge);
  }

  #index(stored: StoredObject): void {
    this.#byId.set(stored.id, stored);
    if (stored.deleted) return;
    if (stored.uniqueKey !== null) this.#byKey.set(stored.uniqueKey, stored.id);
    insertSorted(this.#byOrg, stored.orgId, stored);
    insertSorted(this.#byOwner, stored.ownerId, stored);
  }

  #unindex(id: string): void {
    const stored = this.#byId.get(id);
    if (stored === undefined || stored.deleted) return;
    if (stored.uniqueKey !== null && this.#byKey.get(stored.uniqueKey) === id) this.#byKey.delete(stored.uniqueKey);
    removeSorted(this.#byOrg, stored.orgId, stored);
    removeSorted(this.#byOwner, stored.ownerId, stored);
  }
}

/** Order of age: created, then id (fact sheet 11.4.6). */
export function compareAge(a: StoredObject, b: StoredObject): number {
  if (a.created !== b.created) return a.created < b.created ? -1 : 1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** Index of the first element that is not older than `wanted`. */
export function findAge(list: readonly StoredObject[], wanted: StoredObject): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const candidate = list[middle];
    if (candidate !== undefined && compareAge(candidate, wanted) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insertSorted(index: Map<string, StoredObject[]>, key: string, stored: StoredObject): void {
  const list = index.get(key);
  if (list === undefined) {
    index.set(key, [stored]);
    return;
  }
  const last = list[list.length - 1];
  if (last === undefined || compareAge(last, stored) < 0) list.push(stored);
  else list.splice(findAge(list, stored), 0, stored);
}

function removeSorted(index: Map<string, StoredObject[]>, key: string, stored: StoredObject): void {
  const list = index.get(key);
  if (list === undefined) return;
  const position = findAge(list, stored);
  if (list[position]?.id === stored.id) list.splice(position, 1);
}
