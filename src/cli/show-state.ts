import type { Address } from '../domain/address.ts';
import { RESOURCE_KINDS } from '../domain/kind.ts';
import type { StateSnapshot } from '../domain/state.ts';
import { mappingsAt } from '../state/repair-state.ts';
import type { CommandResult } from './define-command.ts';
import { mappingItem } from './views/render-mappings.ts';
import { sanitizeText } from './views/sanitize-text.ts';

/**
 * Everything recorded of one address: usually one object, several when people are mapped to one.
 * @throws BTM_UNKNOWN_ADDRESS.
 */
export function showAddress(snapshot: StateSnapshot, address: Address): CommandResult {
  const items = mappingsAt(snapshot, address).map((mapping) => ({
    ...mappingItem(mapping),
    fingerprint: mapping.fingerprint,
  }));
  return {
    exitCode: 0,
    summary: `${address}: ${items.length === 1 ? 'one object' : `${items.length} objects`}`,
    text: items.map((item) => fields(Object.entries(item))).join('\n'),
    document: { items },
  };
}

/** What a state is about: its organizations, its age in changes, how many objects of each kind. */
export function showState(path: string, snapshot: StateSnapshot): CommandResult {
  const { lineage, serial, sourceOrgId, destinationOrgId, mappings } = snapshot;
  const kinds = RESOURCE_KINDS.map((kind) => {
    const own = mappings.filter((mapping) => mapping.kind === kind);
    const created = own.filter(({ origin }) => origin === 'created').length;
    return { kind, created, adopted: own.length - created };
  }).filter(({ created, adopted }) => created + adopted > 0);
  const head = { path, lineage, serial, source_org_id: sourceOrgId, destination_org_id: destinationOrgId };
  const counts = kinds.map(({ kind, created, adopted }) => [kind, `${created} created, ${adopted} adopted`] as const);
  return {
    exitCode: 0,
    summary: `${mappings.length} objects`,
    text: fields(Object.entries(head)) + (counts.length === 0 ? '' : `\n${fields(counts)}`),
    document: { ...head, kinds },
  };
}

function fields(entries: readonly (readonly [name: string, value: unknown])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${name.padEnd(width)}  ${sanitizeText(String(value ?? '-'))}\n`).join('');
}
