import { type Address, formatAddress, parseAddress } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import type { Side } from '../domain/event.ts';
import { isResourceKind, type ResourceKind } from '../domain/kind.ts';
import { nearestWord } from '../domain/nearest-word.ts';
import type { OrgReader } from '../domain/org.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import type { IdMapping, StateSnapshot } from '../domain/state.ts';
import { listErrorCode } from '../inventory/list-error-code.ts';
import { neededKinds } from '../inventory/needed-kinds.ts';
import { type Inventories, readInventories } from '../inventory/read-inventories.ts';
import { fieldBase } from '../providers/field-base.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { Workspace } from './compose.ts';
import type { CommandContext, CommandResult } from './define-command.ts';
import { usageError } from './usage-error.ts';
import { readSnapshot, withHeldState } from './use-state.ts';
import { mappingItem } from './views/render-mappings.ts';
import { sanitizeText } from './views/sanitize-text.ts';

/**
 * Records that a destination object is what a source object became, although their names do not say so. Writes to the
 * state only, and only after both were found.
 * @throws BTM_USAGE for an address that is none, or an object of another project; BTM_UNKNOWN_ADDRESS when either object
 * does not exist; BTM_FAILED when one of them is recorded as something else.
 */
export async function importInWorkspace(
  context: CommandContext,
  { spec, openReaders }: Workspace,
  text: string,
  destinationId: string,
): Promise<CommandResult> {
  const { kind, address } = importable(text);
  const snapshot = await readSnapshot(spec.state);
  const readers = openReaders();
  const read = (state: StateSnapshot): Promise<Inventories> =>
    readInventories({ ...readers, spec, state, kinds: neededKinds([kind]), report: context.report });
  const before = await read(snapshot);
  const source = sourceObject(before.source, kind, address);
  const destination = await destinationObject(before.destination, kind, destinationId, readers.destination);
  if (kind !== 'project' && source.project !== destination.project) throw otherProject(source, destination);
  const mapping: IdMapping = {
    kind,
    sourceId: source.id,
    destinationId,
    address,
    origin: 'adopted',
    fingerprint: destination.fingerprint,
  };
  if (isRecorded(snapshot, mapping)) return told('It is already recorded', mapping);
  // Read again as the next plan will: with the mapping the object has another address, and references to it too.
  const after = await read({ ...snapshot, mappings: [...snapshot.mappings, mapping] });
  const adopted = after.destination.resources.get(address);
  if (adopted?.id !== destinationId) throw missing('destination', kind, `the id ${destinationId} any more`);
  const base = fieldBase(PROVIDERS[kind], adopted.fields);
  const final = { ...mapping, fingerprint: adopted.fingerprint, base };
  const orgs = { sourceOrgId: after.source.org.orgId, destinationOrgId: after.destination.org.orgId };
  const isNew = await withHeldState(context, spec.state, async (store, lease) => {
    // Another run may have recorded something since.
    if (isRecorded(await store.snapshot(), final)) return false;
    await store.putMapping(lease, final, orgs);
    return true;
  });
  return told(isNew ? 'Imported' : 'It is already recorded', final);
}

function importable(text: string): { readonly kind: ResourceKind; readonly address: Address } {
  const { kind, path } = parseAddress(text);
  if (isResourceKind(kind)) return { kind, address: formatAddress(kind, path) };
  throw usageError(`${text} has no id of its own.`, 'Give the address of an object, not of its rows.');
}

function sourceObject(inventory: Inventory, kind: ResourceKind, address: Address): Resource {
  const found = inventory.resources.get(address);
  if (found !== undefined) return found;
  refuseUnread(inventory, kind, 'source');
  const near = nearestWord(
    address,
    [...inventory.resources.values()].filter((resource) => resource.kind === kind).map((resource) => resource.address),
  );
  throw missing('source', kind, `the address ${address}`, near);
}

async function destinationObject(
  inventory: Inventory,
  kind: ResourceKind,
  id: string,
  reader: OrgReader,
): Promise<Resource> {
  const found =
    inventory.find([kind], id) ?? inventory.ambiguous.find((resource) => resource.kind === kind && resource.id === id);
  if (found !== undefined) return found;
  refuseUnread(inventory, kind, 'destination');
  const { orgName } = await reader.identity();
  const other = [...inventory.resources.values()].find((resource) => resource.id === id);
  if (other !== undefined) {
    throw usageError(`${id} is a ${other.kind} in ${orgName}, not a ${kind}.`, 'Give an object of the same kind.');
  }
  throw missing('destination', kind, `the id ${id}`);
}

/** What a list that failed does not show may exist. */
function refuseUnread({ unknown }: Inventory, kind: ResourceKind, side: Side): void {
  const failed = unknown.find((list) => list.kind === kind);
  if (failed === undefined) return;
  throw new BtMigrateError(listErrorCode(failed), {
    detail: `The ${side}'s list of kind ${kind} could not be read. ${failed.detail}`,
    hint: 'Make it readable, then import again.',
  });
}

function missing(side: Side, kind: ResourceKind, what: string, near?: string): BtMigrateError {
  return new BtMigrateError('BTM_UNKNOWN_ADDRESS', {
    detail: `The ${side} has no ${kind} with ${what}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
    hint:
      side === 'source'
        ? 'The address is made of the names in the source, as plan shows them.'
        : 'Look it up in the destination. Only projects that the spec selects are looked into; import the project first when its name differs.',
  });
}

function otherProject(source: Resource, destination: Resource): BtMigrateError {
  return usageError(
    `${source.address} belongs to ${source.project ?? 'the organization'}, ${destination.id} to ${destination.project ?? 'the organization'} (in the source's names).`,
    'Objects cannot move between projects. When the destination project only has another name, import the project first.',
  );
}

/** Whether the state has just this. @throws BTM_FAILED when it has something else in its place. */
function isRecorded({ mappings }: StateSnapshot, mapping: IdMapping): boolean {
  const { kind, sourceId, destinationId } = mapping;
  const others = mappings.filter(
    (known) =>
      known.kind === kind &&
      // Several people may become one.
      (known.sourceId === sourceId || (known.destinationId === destinationId && kind !== 'user')),
  );
  const other = others.find((known) => known.sourceId !== sourceId || known.destinationId !== destinationId);
  if (other === undefined) return others.length > 0;
  throw new BtMigrateError('BTM_FAILED', {
    detail:
      other.sourceId === sourceId
        ? `${other.address} is already recorded as ${other.destinationId}.`
        : `${destinationId} is already recorded as what ${other.address} (${other.sourceId}) became.`,
    hint: 'If that is wrong, forget it with bt-migrate state rm, then import again.',
  });
}

function told(what: string, mapping: IdMapping): CommandResult {
  return {
    exitCode: 0,
    summary: what,
    text: `${what}: ${sanitizeText(mapping.address)} is ${sanitizeText(mapping.destinationId)} in the destination.\nThe next plan shows what differs.\n`,
    document: { items: [mappingItem(mapping)] },
  };
}
