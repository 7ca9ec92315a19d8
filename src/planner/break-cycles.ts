import type { Address } from '../domain/address.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { ActionId } from '../domain/plan.ts';
import { findReferences, withoutReferences } from '../providers/references.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { type Draft, draftId } from './draft.ts';
import { neededActions, writersByAddress } from './needed-actions.ts';
import { stronglyConnected } from './strongly-connected.ts';

/**
 * Makes writes that need one another possible: fields a create does not accept, and references that would close a
 * cycle, are left out of the create and written by a `link` action once everything exists. A cycle that cannot be
 * opened blocks its members.
 */
export function breakCycles(drafts: readonly Draft[]): Draft[] {
  let current = drafts.flatMap(splitSecondWrite);
  let careful = true;
  for (;;) {
    const cycles = findCycles(current);
    if (cycles.length === 0) return blockDependents(current);
    const replaced = new Map<ActionId, readonly Draft[]>();
    for (const cycle of cycles) for (const [id, parts] of openCycle(cycle, careful)) replaced.set(id, parts);
    current = mergeLinks(current.flatMap((draft) => replaced.get(draftId(draft)) ?? [draft]));
    // What the first round left in a cycle hangs together by versions; then every reference that can wait does.
    careful = false;
  }
}

function findCycles(drafts: readonly Draft[]): Draft[][] {
  const writers = writersByAddress(drafts);
  const byId = new Map([...writers.values()].flat().map((draft) => [draftId(draft), draft]));
  const groups = stronglyConnected(byId.keys(), (id) => {
    const draft = byId.get(id);
    return draft === undefined ? [] : neededActions(draft, writers).filter((needed) => byId.has(needed));
  });
  return groups.map((ids) => ids.flatMap((id) => byId.get(id) ?? []));
}

// `settings` of a project is unreachable at creation (fact sheet 2.3).
function splitSecondWrite(draft: Draft): Draft[] {
  if (draft.op !== 'create' || draft.source === undefined || draft.after === undefined) return [draft];
  const { after } = draft;
  const fields = (PROVIDERS[draft.source.kind].writes?.secondWrite ?? []).filter((field) => after[field] !== undefined);
  if (fields.length === 0) return [draft];
  return [{ ...draft, after: omit(after, fields) }, linkOf(draft, 'second_write_only', pick(after, fields))];
}

/**
 * Takes references out of the creates of a cycle. Careful: members are ordered by the references that cannot wait, and
 * only what points ahead is taken out. Not careful: everything that can wait is.
 */
function openCycle(cycle: readonly Draft[], careful: boolean): Map<ActionId, readonly Draft[]> {
  const rank = careful ? rankByFirmReferences(cycle) : undefined;
  const members = new Set(cycle.map(({ address }) => address));
  const result = new Map<ActionId, readonly Draft[]>();
  for (const draft of cycle) {
    const mine = rank?.get(draft.address);
    const waits = (text: Address): boolean =>
      members.has(text) && (mine === undefined || (rank?.get(text) ?? 0) >= mine);
    const parts = draft.op === 'create' ? deferReferences(draft, waits) : undefined;
    if (parts !== undefined) result.set(draftId(draft), parts);
  }
  if (result.size > 0) return result;
  if (careful) return openCycle(cycle, false);
  for (const draft of cycle) {
    result.set(draftId(draft), [blockedDraft(draft, 'cycle_unbreakable')]);
  }
  return result;
}

function blockedDraft(draft: Draft, reason: 'cycle_unbreakable' | 'dependency_blocked', blockedBy?: Address): Draft {
  const { before: _before, after: _after, waitsFor: _waitsFor, ...rest } = draft;
  return { ...rest, op: 'blocked', reason, losses: [], ...(blockedBy === undefined ? {} : { blockedBy: [blockedBy] }) };
}

/** Blocks whatever refers to something that will not be made because of an unbreakable cycle. */
function blockDependents(drafts: readonly Draft[]): Draft[] {
  const lost = new Set<Address>();
  for (const { reason, destination, address } of drafts)
    if (reason === 'cycle_unbreakable' && destination === undefined) lost.add(address);
  if (lost.size === 0) return [...drafts];
  let current = [...drafts];
  for (let known = -1; known < lost.size; ) {
    known = lost.size;
    current = current.flatMap((draft) => {
      if (draft.op === 'link' && lost.has(draft.address)) return [];
      const target = isWrite(draft) ? lostTarget(draft, lost) : undefined;
      if (target === undefined) return [draft];
      if (draft.op === 'create') lost.add(draft.address);
      return [blockedDraft(draft, 'dependency_blocked', target)];
    });
  }
  return current;
}

function isWrite({ op }: Draft): boolean {
  return op === 'create' || op === 'update' || op === 'link';
}

function lostTarget({ source, after }: Draft, lost: ReadonlySet<Address>): Address | undefined {
  if (source === undefined || after === undefined) return undefined;
  return findReferences(PROVIDERS[source.kind], after).find(({ text }) => lost.has(text))?.text;
}

/** The create without what waits and the second write with it, or undefined when nothing of it can wait. */
function deferReferences(draft: Draft, waits: (text: Address) => boolean): readonly Draft[] | undefined {
  const { after, source } = draft;
  if (after === undefined || source === undefined) return undefined;
  const now = withoutReferences(
    PROVIDERS[source.kind],
    after,
    ({ rule, text }) => rule.breakAt !== 'never' && waits(text),
  );
  const deferred = Object.keys(after).filter((field) => now?.[field] !== after[field]);
  if (now === undefined || deferred.length === 0) return undefined;
  return [{ ...draft, after: now }, linkOf(draft, 'reference_cycle', pick(after, deferred))];
}

/** Undefined when references that cannot wait form a cycle themselves. */
function rankByFirmReferences(cycle: readonly Draft[]): Map<Address, number> | undefined {
  const members = new Set(cycle.map(({ address }) => address));
  const waiting = new Map<Address, Set<Address>>();
  for (const draft of cycle) {
    if (draft.source === undefined || draft.after === undefined) continue;
    const firm = findReferences(PROVIDERS[draft.source.kind], draft.after).filter(
      ({ rule, text }) => (rule.breakAt === 'never' || draft.op !== 'create') && members.has(text),
    );
    waiting.set(draft.address, new Set(firm.map(({ text }) => text).filter((text) => text !== draft.address)));
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

function linkOf(draft: Draft, reason: 'reference_cycle' | 'second_write_only', after: JsonObject): Draft {
  const { address, source } = draft;
  return { op: 'link', address, reason, source, destination: undefined, after, losses: [] };
}

// One object gets one second write, whatever the reasons for it are.
function mergeLinks(drafts: readonly Draft[]): Draft[] {
  const merged = new Map<string, Draft>();
  for (const draft of drafts) {
    const key = draftId(draft);
    const earlier = draft.op === 'link' ? merged.get(key) : undefined;
    const waitsFor = [...(earlier?.waitsFor ?? []), ...(draft.waitsFor ?? [])];
    merged.set(
      key,
      earlier === undefined ? draft : { ...earlier, after: { ...draft.after, ...earlier.after }, waitsFor },
    );
  }
  return [...merged.values()];
}

function pick(fields: JsonObject, names: readonly string[]): JsonObject {
  const picked: Record<string, Json> = {};
  for (const name of names) picked[name] = fields[name] as Json;
  return picked;
}

function omit(fields: JsonObject, names: readonly string[]): JsonObject {
  return pick(
    fields,
    Object.keys(fields).filter((name) => !names.includes(name)),
  );
}
