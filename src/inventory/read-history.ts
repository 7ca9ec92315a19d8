import { parseAddress } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import type { Reporter } from '../domain/event.ts';
import type { OrgReader } from '../domain/org.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import { findReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { endsReading, unknownCode } from './list-failure.ts';

/** Older versions of source objects that can be written before the newest, by `ADDRESS@VERSION` as it is pinned. */
export type History = ReadonlyMap<string, Resource>;

/**
 * Reads the older versions of prompts and functions that selected objects pin, one request each, where they can be written
 * first: when the destination does not have the object yet. A version that refers to what its newest does not refer to is
 * left out: nothing says when that will be there. So is one that cannot be read, which is reported.
 * @throws errors after which nothing more can be read.
 */
export async function readHistory(
  source: Inventory,
  destination: Inventory,
  { reader, report }: { readonly reader: OrgReader; readonly report: Reporter },
): Promise<History> {
  const history = new Map<string, Resource>();
  await Promise.all(
    [...pinnedVersions(source)].map(async (pin) => {
      const at = pin.lastIndexOf('@');
      const newest = source.resources.get(pin.slice(0, at));
      if (newest === undefined || !newest.selected || destination.resources.has(newest.address)) return;
      const old = await readVersion(newest, pin.slice(at + 1), source, { reader, report });
      if (old !== undefined && isWritable(old, newest)) history.set(pin, old);
    }),
  );
  return history;
}

function pinnedVersions(source: Inventory): Set<string> {
  const pins = new Set<string>();
  for (const { kind, selected, fields, pins: aside } of source.resources.values()) {
    if (!selected) continue;
    for (const { marker, text } of findReferences(PROVIDERS[kind], fields)) if (marker === '$pin') pins.add(text);
    for (const { target, version } of aside) {
      const { kind: of } = parseAddress(target);
      const newest = source.resources.get(target)?.version;
      if ((of === 'prompt' || of === 'function') && newest !== undefined && newest !== version)
        pins.add(`${target}@${version}`);
    }
  }
  return pins;
}

async function readVersion(
  { kind, id, address }: Resource,
  version: string,
  source: Inventory,
  { reader, report }: { readonly reader: OrgReader; readonly report: Reporter },
): Promise<Resource | undefined> {
  const { path, list } = PROVIDERS[kind];
  // The list whose rows the inventory is made of (fact sheet 2.3); with a version it names one object.
  const [from = path] = [list?.path ?? path, ...(list?.also ?? [])].sort();
  const query = { org_name: source.org.orgName, ids: id, version };
  try {
    const { objects } = await reader.list({ kind, path: from, query, paging: 'whole', envelope: 'objects' });
    const [raw] = objects;
    return raw === undefined || objects.length > 1 || raw.id !== id ? undefined : source.readVersion(address, raw);
  } catch (error) {
    if (!(error instanceof BtMigrateError) || endsReading(error)) throw error;
    report({
      type: 'list_failed',
      side: 'source',
      kind: `${kind} version`,
      code: unknownCode(error),
      detail: error.detail,
    });
    return undefined;
  }
}

function isWritable(old: Resource, newest: Resource): boolean {
  const definition = PROVIDERS[newest.kind];
  const there = new Set(findReferences(definition, newest.fields).map(({ marker, text }) => `${marker} ${text}`));
  return (
    old.version !== undefined &&
    findReferences(definition, old.fields).every(({ marker, text }) => there.has(`${marker} ${text}`)) &&
    definition.key.every((field) => old.fields[field] === newest.fields[field])
  );
}
