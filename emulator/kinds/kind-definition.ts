import type { Fields, StoredObject } from '../store/object-table.ts';
import type { Org, User } from '../tenancy.ts';
import type { World } from '../world.ts';

export type Verb = 'list' | 'get' | 'create' | 'put' | 'patch' | 'delete';

/** What a field takes. An array of words is an enumeration; `name` is text of at least one character. */
export type FieldType =
  | 'name'
  | 'text'
  | 'boolean'
  | 'integer'
  | 'object'
  | 'array'
  | 'texts'
  | 'uuid'
  | 'uuids'
  | 'any'
  | readonly string[];

export interface FieldRule {
  readonly type: FieldType;
  /** Must be sent on create and PUT; `always` on PATCH too. */
  readonly required?: true | 'always';
  /** Where the field may be sent; both when left out. */
  readonly on?: 'create' | 'patch';
  /** The kind whose id the field holds; it must exist in the same org. `user` must be a member. */
  readonly references?: string;
  /** PATCH replaces the value as a whole instead of merging it. */
  readonly whole?: true;
  /** PATCH takes `add_<name>` and `remove_<name>` instead of the field itself (fact sheet 2.5). */
  readonly set?: true;
  /** Value when it was not sent; null when left out. */
  readonly initial?: unknown;
  /** Kept hidden; the answer shows a preview. PUT without it keeps the stored one (fact sheet section 8). */
  readonly secret?: true;
  /** PATCH with null empties the field instead of being ignored. */
  readonly nullClears?: true;
}

/** Who is asking to write, and where. */
export interface WriteScope {
  readonly world: World;
  readonly org: Org;
  /** Every org of the key. */
  readonly orgs: readonly Org[];
  readonly user: User;
}

/** What a create is about to store. */
export interface Draft {
  /** Fields that the caller sent and that passed the rules. */
  readonly fields: Fields;
  /** What it belongs to: org id, project id, dataset id or `<object_type>:<object_id>`. */
  readonly ownerId: string;
  readonly created: string;
  readonly id: string;
}

/** Everything about a kind that the generic verbs need. A function appears only where data cannot say it. */
export interface KindDefinition {
  /** Name in messages and tables, `project_score`. */
  readonly kind: string;
  /** `/v1/project_score`. */
  readonly path: string;
  readonly verbs: readonly Verb[];
  /** `org` objects take `org_name`; the others name their owner in the body. */
  readonly owner: 'org' | 'project' | 'dataset' | 'object';
  /** Allowed object types of an owner `object`. */
  readonly ownerTypes?: readonly string[];
  readonly fields: Readonly<Record<string, FieldRule>>;
  /** Keys of an answer, in order; what is not stored is null. */
  readonly shape: readonly string[];
  /** Fields that together are unique per owner among live objects. */
  readonly uniqueBy: readonly string[] | null;
  readonly deletes: 'soft' | 'hard';
  /** Query parameter to field, exact match, repeatable. */
  readonly filters: Readonly<Record<string, string>>;
  /** `none` ignores limit and cursors, `limit` only the cursors; both when left out. */
  readonly paging?: 'none' | 'limit';
  readonly defaultLimit?: number;
  /**
   * `list`: a list needs object_type and object_id. `always`: GET of one needs them in the query, PATCH and DELETE in
   * the body as well (fact sheet 2.2, view).
   */
  readonly locator?: 'list' | 'always';
  /** Other kinds with objects below this one, deleted with it. */
  readonly children?: readonly string[];
  /** Keys tolerated in a body though nothing is done with them. */
  readonly tolerated?: readonly string[];
  /** Objects that every org sees and nobody may change (`org_id` null). */
  readonly system?: (world: World) => readonly StoredObject[];
  /** Refuses what single fields cannot show. @throws ApiError 400 */
  readonly check?: (fields: Fields, scope: WriteScope) => void;
  /** Names the draft, or finds the object to answer instead of creating one. */
  readonly settle?: (draft: Draft, scope: WriteScope) => StoredObject | Fields;
  /** Server-owned fields at creation. */
  readonly server?: (draft: Draft, scope: WriteScope) => Fields;
  /** Adds what is computed at reading. */
  readonly present?: (fields: Fields, stored: StoredObject, world: World) => Fields;
}

export const ALL_VERBS: readonly Verb[] = ['list', 'get', 'create', 'put', 'patch', 'delete'];
/** Kinds without PUT. */
export const NO_PUT: readonly Verb[] = ['list', 'get', 'create', 'patch', 'delete'];

export const NAME: FieldRule = { type: 'name', required: true };
export const TEXT: FieldRule = { type: 'text' };
export const OBJECT: FieldRule = { type: 'object' };
