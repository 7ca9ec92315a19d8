import { resolve } from 'node:path';
import { BtMigrateError } from '../domain/errors.ts';
import { RESOURCE_NAMES, type ResourceKind, type StreamKind } from '../domain/kind.ts';
import { Secret } from '../domain/secret.ts';
import type { AcceptRule, OrgRef, Spec, TimeWindow, ViewOwner } from '../domain/spec.ts';
import type { Environment } from './resolve-org.ts';
import { specDigest } from './spec-digest.ts';
import { type SpecDocument, VIEW_OWNERS } from './spec-schema.ts';

/** Streams that come with their containers unless they are excluded by name. */
const ROWS_OF: Readonly<Record<string, StreamKind>> = { datasets: 'dataset_rows', experiments: 'experiment_rows' };

/**
 * Makes the Spec of a checked document.
 * @throws BTM_SAME_ORG when both sides are reached with the same key at the same address as the same organization.
 */
export function buildSpec(
  document: SpecDocument,
  source: OrgRef,
  destination: OrgRef,
  { folder, env, places }: { readonly folder: string; readonly env: Environment; readonly places: Spec['places'] },
): Spec {
  refuseSameOrg(source, destination, env);
  const { resources, streams, policy, limits, users } = document;
  const spec: Omit<Spec, 'digest'> = {
    source,
    destination,
    state: { path: resolve(folder, document.state.path), mustExist: document.state.must_exist },
    projects: document.projects,
    kinds: selectKinds(resources),
    allKinds: resources.include.includes('all'),
    viewOwners: new Set(
      resources.view_owners.map((name) => VIEW_OWNERS[name]).filter(isPresent),
    ) as ReadonlySet<ViewOwner>,
    streams: {
      logs: timeWindow(streams.logs),
      experiments: timeWindow(streams.experiments),
      order: streams.order,
      attachments: streams.attachments,
      onRowConflict: streams.on_row_conflict,
      skipAsyncScoring: streams.skip_async_scoring,
    },
    users: { matchBy: users.match_by, map: users.map, invite: users.invite },
    secrets: new Map(
      [...document.secrets].map(([address, name]) => {
        const value = env[name];
        return [address, { name, value: value ? new Secret(value, name) : undefined }];
      }),
    ),
    overrides: document.overrides,
    policy: {
      onConflict: policy.on_conflict,
      missingReference: policy.missing_reference,
      prune: policy.prune,
      maxDeletes: policy.max_deletes,
      activate: policy.activate,
      activeRules: policy.active_rules,
      intoNonempty: policy.into_nonempty,
    },
    protect: document.protect,
    accept: document.accept.map(agreement),
    ignore: document.ignore.map((rule) => ({ ...agreement(rule), path: rule.path })),
    limits: {
      parallelism: limits.parallelism,
      requestsPerMinute: limits.requests_per_minute,
      memoryMb: limits.memory_mb,
    },
    places,
  };
  return { ...spec, digest: specDigest(spec) };
}

function selectKinds({ include, exclude }: SpecDocument['resources']): Set<ResourceKind | StreamKind> {
  const names = new Set(include.includes('all') ? Object.keys(RESOURCE_NAMES) : include);
  for (const name of [...names]) if (ROWS_OF[name] !== undefined) names.add(ROWS_OF[name]);
  for (const name of exclude) {
    names.delete(name);
    // Rows live in their container, so leaving out the containers leaves out their rows.
    if (ROWS_OF[name] !== undefined && !include.includes(ROWS_OF[name])) names.delete(ROWS_OF[name]);
  }
  return new Set([...names].map((name) => RESOURCE_NAMES[name]).filter(isPresent));
}

function timeWindow(period: SpecDocument['streams']['logs']): TimeWindow {
  return { createdAfter: period.created_after, createdBefore: period.created_before };
}

function agreement({ at, reason, expires }: SpecDocument['accept'][number]): AcceptRule {
  return { at, reason, expires };
}

/** Catches the plain mistake before anything is sent; two names of one organization are caught by its id later. */
function refuseSameOrg(source: OrgRef, destination: OrgRef, env: Environment): void {
  const sameKey =
    source.apiKeyName === destination.apiKeyName ||
    (source.apiKey !== undefined && env[source.apiKeyName] === env[destination.apiKeyName]);
  if (!sameKey || source.url !== destination.url || source.org !== destination.org) return;
  const org = source.org === undefined ? 'the same API key' : `"${source.org}" with the same API key`;
  throw new BtMigrateError('BTM_SAME_ORG', {
    detail: `Source and destination are both ${org} at ${source.url} (${source.apiKeyName}, ${destination.apiKeyName}).`,
    hint: 'Give each side its own api_key, or set org on both when one key belongs to several organizations.',
  });
}

function isPresent<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
