import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { AddressKind, ResourceKind } from '../domain/kind.ts';
import type { BrokenReference } from '../domain/verification.ts';
import { neededKinds } from '../inventory/needed-kinds.ts';
import { selectedKinds } from '../inventory/read-inventories.ts';
import { kindsOfObjectType } from '../providers/define-provider.ts';
import { ownersOf } from '../providers/owners-of.ts';
import { normalRow } from '../streams/normal-row.ts';
import type { ReferenceLookup } from '../streams/reference-lookup.ts';
import { rowText, type SplicedPage } from '../streams/splice-page.ts';
import type { VerifyContext } from './verify-context.ts';

/** `kept`: nothing in the destination answers to the id, so copying left it as it was in the source. */
export type Standing = 'resolved' | 'kept' | 'source' | 'nothing';

/** Tells what an id in a row of the destination leads to. */
export class RowTargets {
  private readonly context: VerifyContext;
  private readonly gone: ReadonlySet<string>;

  constructor(context: VerifyContext) {
    this.context = context;
    this.gone = goneIds(context);
  }

  standingOf(type: string, id: string): Standing {
    const { inventories, lookup } = this.context;
    const kinds = type === 'user' ? (['user'] as const) : (kindsOfObjectType(type) ?? []);
    if (inventories.destination.find(kinds, id) !== undefined) return 'resolved';
    const counterpart = lookup.objectId(type, id);
    if (counterpart !== undefined && counterpart !== id) return 'source';
    return kinds.some((kind) => this.gone.has(`${kind}:${id}`)) ? 'nothing' : 'kept';
  }
}

// What this state knows, in kinds and projects that were listed, and the destination does not have any more.
function goneIds({ spec, state, inventories: { destination } }: VerifyContext): Set<string> {
  const unknown = new Set<ResourceKind>(destination.unknown.map(({ kind }) => kind));
  const listed = new Set<AddressKind>(neededKinds(selectedKinds(spec)).filter((kind) => !unknown.has(kind)));
  const there = new Set([...destination.resources.values()].map(({ kind, id }) => `${kind}:${id}`));
  const isListed = (address: string): boolean => {
    const projects = ownersOf(address).filter((owner) => owner.startsWith('project.'));
    return projects.every((project) => destination.resources.get(project)?.selected !== false);
  };
  return new Set(
    state.mappings
      .filter(({ kind, address }) => listed.has(kind) && isListed(address))
      .map(({ kind, destinationId }) => `${kind}:${destinationId}`)
      .filter((name) => !there.has(name)),
  );
}

/** Follows what rows of a destination container refer to, and changes nothing about them. */
export class RowReferences implements ReferenceLookup {
  readonly attachmentKey = null;
  readonly keepsPins = true;
  followed = 0;
  kept = 0;
  readonly broken: BrokenReference[] = [];
  private readonly targets: RowTargets;
  private brokenInPage = 0;

  constructor(targets: RowTargets) {
    this.targets = targets;
  }

  objectId(type: string, id: string): undefined {
    const standing = this.targets.standingOf(type, id);
    this.followed += 1;
    if (standing === 'kept') this.kept += 1;
    else if (standing !== 'resolved') this.brokenInPage += 1;
  }

  /** Names the rows of a page that was just spliced with this lookup; they are opened only where something is broken. */
  look(page: SplicedPage): void {
    if (this.brokenInPage === 0) return;
    this.brokenInPage = 0;
    for (let n = 0; n < page.count; n++) {
      const row = normalRow(page.bytes.toString('utf8', page.starts[n], page.ends[n]));
      for (const { type, id, path } of referencesOf(row)) {
        const standing = this.targets.standingOf(type, id);
        if (standing !== 'source' && standing !== 'nothing') continue;
        const reference = `${type}:${id}`;
        this.broken.push({ row: rowText(page, page.ids, n), path, reference, leads_to: standing });
      }
    }
  }
}

interface RowReference {
  readonly type: string;
  readonly id: string;
  readonly path: string;
}

/** What a row refers to (fact sheet 3.2), as copying finds it. */
function referencesOf({ origin, metadata }: JsonObject): RowReference[] {
  const found: { readonly type: string; readonly id: Json | undefined; readonly path: string }[] = [];
  if (isObject(origin)) {
    const type = typeof origin.object_type === 'string' ? origin.object_type : 'unknown';
    found.push({ type: type === 'project_logs' ? 'project' : type, id: origin.object_id, path: 'origin.object_id' });
  }
  if (isObject(metadata)) {
    const { prompt, '~__bt_assignments': assigned } = metadata;
    if (isObject(prompt) && typeof prompt.id === 'string' && typeof prompt.project_id === 'string') {
      found.push({ type: 'prompt', id: prompt.id, path: 'metadata.prompt.id' });
      found.push({ type: 'project', id: prompt.project_id, path: 'metadata.prompt.project_id' });
    }
    if (isArray(assigned)) {
      for (const [n, id] of assigned.entries()) {
        found.push({ type: 'user', id, path: `metadata.~__bt_assignments.${n}` });
      }
    }
  }
  return found.flatMap(({ type, id, path }) => (typeof id === 'string' ? [{ type, id, path }] : []));
}
