import type { AddressPattern } from './address.ts';
import type { Digest } from './fingerprint.ts';
import type { JsonObject } from './json.ts';
import type { ResourceKind, StreamKind } from './kind.ts';
import type { Secret } from './secret.ts';

export interface OrgRef {
  readonly url: string;
  /** Undefined when neither the spec nor the environment has one: a command that connects reports it. */
  readonly apiKey: Secret | undefined;
  /** Name of the variable the key is read from, for messages. */
  readonly apiKeyName: string;
  /** Undefined when the key belongs to exactly one organization. */
  readonly org: string | undefined;
}

export interface TimeWindow {
  /** Inclusive lower bound, ISO-8601 instant. */
  readonly createdAfter: string | undefined;
  /** Exclusive upper bound, ISO-8601 instant. */
  readonly createdBefore: string | undefined;
}

export type ViewOwner = 'organization' | 'project' | 'dataset' | 'experiment';

/** What a user wrote in `migration.yaml`, checked and with every default filled in (contract section 3). */
export interface Spec {
  readonly source: OrgRef;
  readonly destination: OrgRef;
  /** `path` is absolute. */
  readonly state: { readonly path: string; readonly mustExist: boolean };
  readonly projects: {
    /** Names or globs of source project names. */
    readonly include: readonly string[];
    readonly exclude: readonly string[];
    /** Source name to destination name. */
    readonly rename: ReadonlyMap<string, string>;
  };
  readonly kinds: ReadonlySet<ResourceKind | StreamKind>;
  /** True when `resources.include` was left at `all`. */
  readonly allKinds: boolean;
  readonly viewOwners: ReadonlySet<ViewOwner>;
  readonly streams: {
    readonly logs: TimeWindow;
    readonly experiments: TimeWindow;
    readonly order: 'exact' | 'relaxed';
    readonly attachments: 'copy' | 'keep' | 'skip';
    readonly onRowConflict: 'skip' | 'source';
    readonly skipAsyncScoring: boolean;
  };
  readonly users: {
    readonly matchBy: 'email';
    /** Lower-cased source e-mail to destination e-mail. */
    readonly map: ReadonlyMap<string, string>;
    readonly invite: boolean;
  };
  /** Address (`ai_secret.OPENAI_API_KEY`) to the variable that holds the value. */
  readonly secrets: ReadonlyMap<string, SecretRef>;
  readonly overrides: readonly { readonly at: AddressPattern; readonly set: JsonObject }[];
  readonly policy: Policy;
  readonly protect: readonly AddressPattern[];
  readonly accept: readonly AcceptRule[];
  readonly ignore: readonly IgnoreRule[];
  readonly limits: {
    readonly parallelism: number;
    readonly requestsPerMinute: number | null;
    readonly memoryMb: number;
  };
  /**
   * Where names of projects, overrides and secrets stand (`migration.yaml:12:5: `), by path: `projects.include[0]`. For
   * messages only.
   */
  readonly places: ReadonlyMap<string, string>;
  /** sha256 of the meaning of the spec, without keys and without secret values. */
  readonly digest: Digest;
}

export interface SecretRef {
  /** Name of the environment variable. */
  readonly name: string;
  /** Undefined while the variable is unset, which is allowed until apply. */
  readonly value: Secret | undefined;
}

export interface Policy {
  readonly onConflict: 'block' | 'update' | 'skip';
  readonly missingReference: 'block' | 'drop';
  readonly prune: boolean;
  readonly maxDeletes: number;
  readonly activate: 'after_streams' | 'never';
  readonly activeRules: 'block' | 'warn';
  readonly intoNonempty: 'block' | 'merge';
}

export interface AcceptRule {
  readonly at: AddressPattern;
  readonly reason: string;
  /** Last day (YYYY-MM-DD, UTC) on which the rule holds. */
  readonly expires: string | undefined;
}

export interface IgnoreRule extends AcceptRule {
  /** Dotted path of the field whose differences are ignored. */
  readonly path: string;
}
