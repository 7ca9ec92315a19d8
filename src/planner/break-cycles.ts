import type { Address } from '../domain/address.ts';
import { emptyObject, type Json, type JsonObject } from '../domain/json.ts';
import type { ReferenceRule } from '../providers/define-provider.ts';
import { findReferences, withoutReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import type { Draft } from './draft.ts';

/**
 * Makes creates that need one another possible: fields a create does not accept, and references that would close a
 * cycle, are left out of the create and written by a `link` action once everything exists. A cycle that cannot be
 * opened blocks its members.
 */
export function breakCycles(drafts: readonly Draft[]): Draft[] {
  const split = drafts.flatMap(splitSecondWrite);
  const creates = new Map(split.filter(({ op }) => op === 'create').map((draft) => [draft.address, draft]));
  const replaced = new Map<Address, readonly Draft[]>();
  for (const component of stronglyConnected(creates)) {
    for (const [address, drafts] of openComponent(component, creates)) replaced.set(address, drafts);
  }
  const merged = split.flatMap((draft) => (draft.op === 'create' ? (replaced.get(draft.address) ?? [draft]) : [draft]));
  return mergeLinks(merged);
}

// `settings` of a project is unreachable at creation (fact sheet 2.3).
function splitSecondWrite(draft: Draft): Draft[] {
  const fields =
    PROVIDERS[draft.source?.kind ?? 'user'].writes?.secondWrite?.filter(
      (field) => draft.after?.[field] !== undefined,
    ) ?? [];
  if (draft.op !== 'create' || draft.after === undefined || fields.length === 0) return [draft];
  const later = pick(draft.after, fields);
  return [{ ...draft, after: omit(draft.after, fields) }, linkOf(draft, 'second_write_only', later)];
}

// Orders a component's members by the references that cannot wait, then defers every other reference that points ahead.
function openComponent(
  component: readonly Draft[],
  creates: ReadonlyMap<Address, Draft>,
): Map<Address, readonly Draft[]> {
  const members = new Set(component.map(({ address }) => address));
  const rank = rankByFirmReferences(component, members);
  const result = new Map<Address, readonly Draft[]>();
  for (const draft of component) {
    const mine = rank?.get(draft.address);
    if (rank === undefined || mine === undefined || draft.source === undefined || draft.after === undefined) {
      result.set(draft.address, [{ ...draft, op: 'blocked', reason: 'cycle_unbreakable', losses: [] }]);
      continue;
    }
    const definition = PROVIDERS[draft.source.kind];
    const ahead = ({ text }: { rule: ReferenceRule; text: string }): boolean =>
      members.has(text) && (rank.get(text) ?? 0) >= mine;
    const now = withoutReferences(definition, draft.after, ahead);
    if (now === undefined) {
      result.set(draft.address, [{ ...draft, op: 'blocked', reason: 'cycle_unbreakable', losses: [] }]);
      continue;
    }
    const deferred = Object.keys(draft.after).filter((field) => now[field] !== draft.after?.[field]);
    const whole = creates.get(draft.address)?.after ?? draft.after;
    result.set(
      draft.address,
      deferred.length === 0
        ? [draft]
        : [{ ...draft, after: now }, linkOf(draft, 'reference_cycle', pick(whole, deferred))],
    );
  }
  return result;
}

function rankByFirmReferences(
  component: readonly Draft[],
  members: ReadonlySet<Address>,
): Map<Address, number> | undefined {
  const waiting = new Map<Address, Set<Address>>();
  for (const draft of component) {
    const firm = referencesOf(draft).filter(({ rule, text }) => rule.breakAt === 'never' && members.has(text));
    waiting.set(draft.address, new Set(firm.map(({ text }) => text)));
  }
  const rank = new Map<Address, number>();
  while (waiting.size > 0) {
    const ready = [...waiting]
      .filter(([, needs]) => [...needs].every((address) => rank.has(address)))
      .map(([address]) => address);
    if (ready.length === 0) return undefined;
    for (const address of ready) {
      rank.set(address, rank.size);
      waiting.delete(address);
    }
  }
  return rank;
}

function referencesOf(draft: Draft): { rule: ReferenceRule; text: Address }[] {
  if (draft.source === undefined || draft.after === undefined) return [];
  return findReferences(PROVIDERS[draft.source.kind], draft.after).filter(
    ({ marker }) => marker === '$ref' || marker === '$version',
  );
}

function linkOf(draft: Draft, reason: 'reference_cycle' | 'second_write_only', after: JsonObject): Draft {
  return {
    op: 'link',
    address: draft.address,
    reason,
    source: draft.source,
    destination: undefined,
    after,
    losses: [],
  };
}

// One object gets one second write, whatever the reasons for it are.
function mergeLinks(drafts: readonly Draft[]): Draft[] {
  const merged = new Map<string, Draft>();
  for (const draft of drafts) {
    const key = `${draft.op}:${draft.address}`;
    const earlier = draft.op === 'link' ? merged.get(key) : undefined;
    if (earlier === undefined) merged.set(key, draft);
    else merged.set(key, { ...earlier, after: { ...earlier.after, ...draft.after } });
  }
  return [...merged.values()];
}

function pick(fields: JsonObject, names: readonly string[]): JsonObject {
  const picked = emptyObject();
  for (const name of names) picked[name] = fields[name] as Json;
  return picked;
}

function omit(fields: JsonObject, names: readonly string[]): JsonObject {
  return pick(
    fields,
    Object.keys(fields).filter((name) => !names.includes(name)),
  );
}

/** Tarjan's algorithm without recursion: the groups of creates that need one another, and those that need themselves. */
function stronglyConnected(creates: ReadonlyMap<Address, Draft>): Draft[][] {
  const edges = new Map(
    [...creates].map(([address, draft]) => [
      address,
      referencesOf(draft)
        .map(({ text }) => text)
        .filter((text) => creates.has(text)),
    ]),
  );
  const index = new Map<Address, number>();
  const low = new Map<Address, number>();
  const onStack = new Set<Address>();
  const stack: Address[] = [];
  const components: Draft[][] = [];
  for (const root of creates.keys()) {
    if (index.has(root)) continue;
    const work: { address: Address; next: number }[] = [{ address: root, next: 0 }];
    while (work.length > 0) {
      const frame = work.at(-1);
      if (frame === undefined) break;
      const { address } = frame;
      if (frame.next === 0) {
        index.set(address, index.size);
        low.set(address, index.get(address) ?? 0);
        stack.push(address);
        onStack.add(address);
      }
      const targets = edges.get(address) ?? [];
      const target = targets[frame.next];
      frame.next += 1;
      if (target !== undefined) {
        if (!index.has(target)) work.push({ address: target, next: 0 });
        else if (onStack.has(target)) low.set(address, Math.min(low.get(address) ?? 0, index.get(target) ?? 0));
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent !== undefined) low.set(parent.address, Math.min(low.get(parent.address) ?? 0, low.get(address) ?? 0));
      if (low.get(address) !== index.get(address)) continue;
      const component = stack.splice(stack.indexOf(address));
      for (const member of component) onStack.delete(member);
      if (component.length > 1 || targets.includes(address))
        components.push(component.sort().flatMap((member) => creates.get(member) ?? []));
    }
  }
  return components;
}
