import type { z } from 'zod';
import type { Json } from '../domain/json.ts';
import type { AddressKind, ResourceKind } from '../domain/kind.ts';
import type { Reason } from '../domain/plan.ts';
import type { LossReason } from '../domain/resource.ts';

/**
 * Facts about one kind of resource, as data: everything the generic machinery needs to list, match, compare, remap
 * and write it. Paths are dotted; `[]` stands for every element of an array, `*` for every key of an object.
 */
export interface ProviderDefinition {
  readonly kind: ResourceKind;
  /** Path of the collection, for example `/v1/prompt`. */
  readonly path: string;
  readonly owner: Owner;
  /** Writable fields that we model. Closed, so that a typo elsewhere does not compile; reading ignores other keys. */
  readonly fields: z.ZodObject;
  /** Fields that name an object within its owner; the segments of its address. */
  readonly key: readonly string[];
  /** Fields the API returns or accepts that are not carried, each with the reason. */
  readonly ignored: Readonly<Record<string, string>>;
  readonly list?: ListRule;
  readonly references?: readonly ReferenceRule[];
  /** Fields that hold the match key, not the id, of an organization's object that must be there first. */
  readonly names?: readonly { readonly path: string; readonly to: ResourceKind }[];
  readonly writes?: WriteRules;
  /** Where the server adds noise inside a modelled field; removed on reading. */
  readonly noise?: readonly string[];
  /** Parts of a modelled field that mean nothing in another organization: removed on reading, and reported. */
  readonly unportable?: readonly { readonly path: string; readonly reason: LossReason }[];
  /** Arrays whose order means nothing. */
  readonly sets?: readonly string[];
  /** What the server sets when a create leaves the field out: as good as absent. Only for fields that never change. */
  readonly defaults?: Readonly<Record<string, Json>>;
  /** User data: compared without treating null, `{}` and `[]` as absent. */
  readonly verbatim?: readonly string[];
  /** The one write-only field: its value comes from the operator (`secrets:` in the spec). */
  readonly secret?: string;
  /** The answered field that shows an end of the secret: null while it has no value (fact sheet 8). */
  readonly secretPreview?: string;
  /** Readable fields that hold credentials: shown nowhere, read from the source again at apply. */
  readonly hidden?: readonly string[];
  /** Objects that no API call can recreate. */
  readonly blocked?: readonly BlockRule[];
  /** Field whose null means that the server provides the object (system roles), or names that it provides. */
  readonly builtIn?: { readonly nullField: string } | { readonly names: readonly string[] };
  /**
   * Creation order is display order: created one at a time per project, in the order of this field of the source, which
   * is its place on display where the API has one (fact sheet 2.3).
   */
  readonly ordered?: 'created' | 'position';
  /** Acts on rows as soon as it exists: when any of these paths is set (an empty list: always). */
  readonly activates?: readonly string[];
  /** Newest version lives in `_xact_id` (fact sheet 2.3). */
  readonly versioned?: boolean;
  /** Kinds that share this kind's key namespace and id table. */
  readonly sharesTableWith?: ResourceKind;
  /** Which rows of a shared list belong to this kind. */
  readonly keep?: (row: Readonly<Record<string, unknown>>) => boolean;
}

/** Where an object lives. */
export type Owner =
  | { readonly in: 'organization' }
  | { readonly in: 'container'; readonly kind: ResourceKind; readonly field: string }
  | {
      readonly in: 'object';
      readonly typeField: string;
      readonly idField: string;
    };

export interface ListRule {
  /** Path to list from, when it is not the collection itself. */
  readonly path?: string;
  readonly paging?: 'cursor' | 'whole' | 'limit_only';
  readonly envelope?: 'objects' | 'array';
  /** Whether `project_id` narrows the list at the server (fact sheet 2.2, list-filter matrix). */
  readonly byProject?: boolean;
  /** The list takes no `org_name`. */
  readonly noOrgName?: boolean;
  /** One list per owner, because the API has no other way: query parameters, or a path with `{type}` and `{id}`. */
  readonly perOwner?: {
    readonly path?: string;
    readonly types: Readonly<Record<string, ResourceKind | 'organization'>>;
  };
  /** Further collections whose rows are the same objects. */
  readonly also?: readonly string[];
}

export interface ReferenceRule {
  readonly path: string;
  readonly to: AddressKind | readonly AddressKind[] | { readonly kindFrom: string };
  /**
   * What stands there instead of an id: a project's `name`, which the spec may change, or the `slug` of something in the
   * project that the sibling `project_id` or `project_name` tells. Comes before the rules of these siblings.
   */
  readonly by?: 'name' | 'slug';
  /** Sibling field that pins a version of the target. */
  readonly version?: string;
  /** A pin of another version than the newest: blocks the object, or is dropped and reported. */
  readonly oldVersion?: 'block' | 'drop';
  /** A target that does not exist: as `policy.missing_reference` says, or always dropped and reported. */
  readonly missing?: 'policy' | 'drop';
  /** What to leave out of a create to break a cycle; `never` when the object is meaningless without it. */
  readonly breakAt?: string | 'never';
}

export interface WriteRules {
  /** How a create is sent; `assign` is PUT to `path/{type}/{id}/{slug}`, `invite` is PATCH of the members. */
  readonly create?: 'post' | 'assign' | 'invite';
  /** A POST to a taken key looks like a create: it writes over what has the key, or answers with it (fact sheet 2.3). */
  readonly silentPost?: boolean;
  /** False when PATCH does not exist. */
  readonly patch?: boolean;
  /** True when PUT replaces the object that has the same key. */
  readonly put?: boolean;
  /** Fields that only PUT can change. */
  readonly putOnly?: readonly string[];
  /** Fields that nothing can change. */
  readonly immutable?: readonly string[];
  /** Fields that a create does not accept: written by a `link` action. */
  readonly secondWrite?: readonly string[];
  /** Fields that PATCH replaces whole instead of merging. */
  readonly whole?: readonly string[];
  /** Set-valued fields that PATCH takes as `add_…` and `remove_…`: field to suffix. */
  readonly deltas?: Readonly<Record<string, string>>;
  /** Fields that every PATCH must repeat. */
  readonly patchAlways?: readonly string[];
  /** Fields that DELETE wants in its body, besides the id in the path. */
  readonly deleteBody?: readonly string[];
  /** PATCH accepts null and clears the field. */
  readonly nullClears?: boolean;
  /** The create takes `org_name`, needed when a key sees several organizations. */
  readonly orgName?: boolean;
}

export interface BlockRule {
  /** Undefined: every object of the kind. */
  readonly when?: { readonly path: string; readonly equals: string };
  readonly reason: Reason;
}

export function defineProvider(definition: ProviderDefinition): ProviderDefinition {
  return definition;
}

/**
 * What an `object_type` names, in ACLs, views, variables, assignments and origins; the organization's own sub-objects use
 * its id, and `project_log` the project's (fact sheet 3.1). Types that are missing here are not modelled.
 */
export const OBJECT_TYPE_KINDS: Readonly<Record<string, readonly AddressKind[]>> = {
  organization: ['organization'],
  org_project: ['organization'],
  org_member: ['organization'],
  org_audit_logs: ['organization'],
  project: ['project'],
  project_log: ['project'],
  project_logs: ['project'],
  experiment: ['experiment'],
  dataset: ['dataset'],
  prompt: ['prompt', 'function'],
  function: ['function', 'prompt'],
  parameters: ['function', 'prompt'],
  group: ['group'],
  role: ['role'],
};

/** The kinds an `object_type` may name, or undefined for a type that is not modelled. */
export function kindsOfObjectType(type: string): readonly AddressKind[] | undefined {
  return Object.hasOwn(OBJECT_TYPE_KINDS, type) ? OBJECT_TYPE_KINDS[type] : undefined;
}

export const PROJECT_OWNED: Owner = { in: 'container', kind: 'project', field: 'project_id' };

/** Answered by the server for most kinds and never written (fact sheet 2.5, computed fields). */
export const SERVER_FIELDS: Readonly<Record<string, string>> = {
  id: 'server-assigned',
  org_id: 'server-assigned',
  created: 'server-assigned',
  deleted_at: 'soft-deletion mark',
  user_id: 'creator: becomes the owner of the destination key',
  org_name: 'sent from the destination organization',
};

/** Prompts and functions share one table, so an id may be either's (fact sheet 2.3). */
export const PROMPT_TABLE = ['function', 'prompt'] as const;

/**
 * What names a function by its project and slug instead of its id (fact sheet 3.1: graph nodes by `project_name`, tools
 * of type `slug` by `project_id`). `breakAt` as in `ReferenceRule`.
 */
export function slugReferences(holder: string, breakAt?: string): ReferenceRule[] {
  return [
    {
      path: `${holder}.slug`,
      to: PROMPT_TABLE,
      by: 'slug',
      version: 'version',
      oldVersion: 'block',
      ...(breakAt === undefined ? {} : { breakAt }),
    },
    { path: `${holder}.project_id`, to: 'project', breakAt: 'never' },
    { path: `${holder}.project_name`, to: 'project', by: 'name', breakAt: 'never' },
  ];
}

/** What `prompt_data` refers to, wherever a prompt body stands (fact sheet 3.1). */
export function promptReferences(body: string): ReferenceRule[] {
  return [
    { path: `${body}.tool_functions[].id`, to: PROMPT_TABLE, version: 'version', oldVersion: 'block' },
    ...slugReferences(`${body}.tool_functions[]`),
    {
      path: `${body}.preprocessor.id`,
      to: PROMPT_TABLE,
      version: 'version',
      oldVersion: 'block',
      breakAt: `${body}.preprocessor`,
    },
    ...slugReferences(`${body}.preprocessor`, `${body}.preprocessor`),
    { path: `${body}.mcp.*.id`, to: 'mcp_server' },
    {
      path: `${body}.origin.prompt_id`,
      to: PROMPT_TABLE,
      version: 'prompt_version',
      oldVersion: 'drop',
      missing: 'drop',
      breakAt: `${body}.origin`,
    },
    { path: `${body}.origin.project_id`, to: 'project', missing: 'drop', breakAt: 'never' },
  ];
}
