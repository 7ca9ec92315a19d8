import { type Address, kindOf, parseAddress } from '../../src/domain/address.ts';
import { fingerprint } from '../../src/domain/fingerprint.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { ResourceKind } from '../../src/domain/kind.ts';
import type { Operation, Reason } from '../../src/domain/plan.ts';
import type { Resource } from '../../src/domain/resource.ts';
import type { Draft } from '../../src/planner/draft.ts';

/** A resource that was read from an org. */
function resourceOf(address: Address, fields: JsonObject = {}, parts: Partial<Resource> = {}): Resource {
  const kind = kindOf(address) as ResourceKind;
  const [owner] = parseAddress(address).path;
  return {
    kind,
    id: `id of ${address}`,
    address,
    named: address,
    project: kind === 'role' || kind === 'group' || owner === undefined ? undefined : `project.${owner}`,
    fields,
    fingerprint: fingerprint(address, fields),
    order: '2026-03-02T09:00:00.000Z',
    version: undefined,
    builtIn: false,
    losses: [],
    pins: [],
    hidden: new Map(),
    selected: true,
    ...parts,
  };
}

const REASONS: Readonly<Record<string, Reason>> = {
  create: 'missing_in_destination',
  update: 'source_changed',
  delete: 'removed_from_source',
  skip: 'in_sync',
};

/** A draft about one object; `order` is its place among its kind. */
export function draftOf(op: Operation, address: Address, after: JsonObject = {}, order = ''): Draft {
  const resource = resourceOf(address, after, { order });
  return {
    op,
    address,
    reason: REASONS[op] ?? 'conflict',
    source: op === 'delete' ? undefined : resource,
    destination: op === 'create' ? undefined : resource,
    ...(op === 'create' || op === 'update' ? { after } : {}),
    losses: [],
  };
}

/** Prompt fields that use these tools, `slug` or `slug@` for a pin of the newest version. */
export function usesTools(...slugs: readonly string[]): JsonObject {
  return {
    prompt_data: {
      tool_functions: slugs.map((text) => {
        const target = `function.P.${text.replace('@', '')}`;
        return { id: { $ref: target }, ...(text.endsWith('@') ? { version: { $version: target } } : {}) };
      }),
    },
  };
}
