import { type Digest, sha256 } from '../domain/fingerprint.ts';
import { canonicalJson, compareText, type Json, type JsonObject } from '../domain/json.ts';
import type { AcceptRule, OrgRef, Spec, TimeWindow } from '../domain/spec.ts';

/**
 * Computes the digest of what a spec means: defaults filled in, names of environment variables instead of values.
 * Where the state lies and how fast to go is not part of it, so that a plan made on one machine applies on another.
 */
export function specDigest(spec: Omit<Spec, 'digest'>): Digest {
  return sha256(
    canonicalJson({
      source: org(spec.source),
      destination: org(spec.destination),
      projects: {
        include: unordered(spec.projects.include),
        exclude: unordered(spec.projects.exclude),
        rename: record(spec.projects.rename),
      },
      kinds: unordered(spec.kinds),
      view_owners: unordered(spec.viewOwners),
      streams: { ...spec.streams, logs: window(spec.streams.logs), experiments: window(spec.streams.experiments) },
      users: { ...spec.users, map: record(spec.users.map) },
      secrets: Object.fromEntries([...spec.secrets].map(([address, { name }]) => [address, name])),
      overrides: spec.overrides.map(({ at, set }) => ({ at: at.text, set })),
      policy: { ...spec.policy },
      protect: unordered(spec.protect.map(({ text }) => text)),
      accept: spec.accept.map(rule),
      ignore: spec.ignore.map((ignored) => ({ ...rule(ignored), path: ignored.path })),
    }),
  );
}

function org(ref: OrgRef): JsonObject {
  return { url: ref.url, api_key: ref.apiKeyName, org: ref.org ?? null };
}

function window(period: TimeWindow): JsonObject {
  return { created_after: period.createdAfter ?? null, created_before: period.createdBefore ?? null };
}

function rule({ at, reason, expires }: AcceptRule): JsonObject {
  return { at: at.text, reason, expires: expires ?? null };
}

function unordered(texts: Iterable<string>): Json {
  return [...new Set(texts)].sort(compareText);
}

function record(map: ReadonlyMap<string, string>): JsonObject {
  return Object.fromEntries(map);
}
