import type { Address } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import type { Side } from '../domain/event.ts';
import { equalJson, type JsonObject } from '../domain/json.ts';
import { type ActionId, actionId, type Plan, type PlannedAction, records, writes } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import type { JournalEntry } from '../domain/state.ts';
import { referencesOf } from '../inventory/kinds-of-work.ts';
import type { Inventories } from '../inventory/read-inventories.ts';
import { comparable } from '../providers/comparable.ts';
import { REMOVED } from '../providers/field-path.ts';
import { providerOf } from '../providers/registry.ts';
import { mapNames, mapVersions, withoutTargets } from '../providers/seal-markers.ts';

const SHOWN = 20;

/**
 * Compares what the plan was made from with what both organizations hold now: the objects it writes, and the ones it
 * refers to. Actions that the journal has as done must still carry what we wrote; begun ones are settled elsewhere.
 * @throws BTM_PLAN_STALE naming what moved.
 */
export function checkStale(
  plan: Plan,
  journal: ReadonlyMap<ActionId, JournalEntry>,
  { source, destination }: Inventories,
): void {
  const moved: string[] = [];
  const byAddress = new Map<Address, PlannedAction[]>();
  for (const action of plan.actions) byAddress.set(action.address, [...(byAddress.get(action.address) ?? []), action]);
  const referenced = new Set<Address>();
  for (const action of plan.actions) {
    if (!writes(action.op) && !records(action)) continue;
    const now = destination.resources.get(action.address);
    for (const address of referencesOf(action)) if (!byAddress.has(address)) referenced.add(address);
    const entry = lastEntry(byAddress.get(action.address) ?? [], journal);
    if (entry?.phase === 'done') {
      if (entry.fingerprint !== (now?.fingerprint ?? null))
        moved.push(staleLine(action.address, 'changed in the destination since this plan wrote it'));
      continue;
    }
    if (entry?.phase === 'begun') continue;
    if (action.op !== 'delete') {
      const there = source.resources.get(action.address)?.fingerprint ?? null;
      if (there !== action.source_fingerprint)
        moved.push(staleLine(action.address, describe('source', action.source_fingerprint, there)));
    }
    const held = now?.fingerprint ?? null;
    if (held !== action.destination_fingerprint && !movedByUs(action, now, journal))
      moved.push(staleLine(action.address, describe('destination', action.destination_fingerprint, held)));
  }
  for (const address of referenced) {
    if (address !== 'organization' && !destination.resources.has(address))
      moved.push(staleLine(address, 'is gone from the destination, and the plan refers to it'));
  }
  moved.push(...movedTargets(plan, byAddress, journal, { source, destination }));
  if (moved.length > 0) throw stalePlan([...new Set(moved)].sort());
}

// A version that this run wrote makes every pin of the one before it an old one, and a project that it renamed is not
// found by its old name; what it deleted leaves references into nothing behind: that is no change of anybody else's.
function movedByUs(
  { op, address, before }: PlannedAction,
  now: Resource | undefined,
  journal: ReadonlyMap<ActionId, JournalEntry>,
): boolean {
  if (now === undefined || before === undefined || journal.size === 0) return false;
  const definition = providerOf(address);
  const settle = (fields: JsonObject): JsonObject =>
    comparable(
      definition,
      mapVersions(
        definition,
        mapNames(definition, fields, () => REMOVED),
        (target) =>
          journal.has(actionId('update', target)) || journal.has(actionId('link', target)) ? REMOVED : undefined,
      ),
    );
  if (equalJson(settle(before), settle(now.fields))) return true;
  const left = (fields: JsonObject): JsonObject =>
    settle(withoutTargets(definition, fields, (target) => journal.has(actionId('delete', target))));
  return op === 'delete' && equalJson(left(before), left(now.fields));
}

/** The error of a plan that no longer fits; nothing has been written when it is thrown. */
export function stalePlan(reasons: readonly string[]): BtMigrateError {
  const rest = reasons.length - SHOWN;
  return new BtMigrateError('BTM_PLAN_STALE', {
    detail: `${[...reasons.slice(0, SHOWN), ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n')}\nNothing was written.`,
    hint: 'Make the plan again and have it reviewed: bt-migrate plan -o plan.out',
  });
}

// What an action refers to, and another line of the plan leaves as it is, must still be what the reviewer saw.
function movedTargets(
  plan: Plan,
  byAddress: ReadonlyMap<Address, readonly PlannedAction[]>,
  journal: ReadonlyMap<ActionId, JournalEntry>,
  { destination }: Inventories,
): string[] {
  const moved: string[] = [];
  for (const action of plan.actions) {
    if (!writes(action.op)) continue;
    for (const address of referencesOf(action)) {
      const actions = byAddress.get(address) ?? [];
      if (actions.length === 0 || actions.some(({ op, id }) => writes(op) || journal.has(id))) continue;
      const expected =
        actions.find(({ destination_fingerprint }) => destination_fingerprint !== null)?.destination_fingerprint ??
        null;
      const held = destination.resources.get(address)?.fingerprint ?? null;
      if (expected !== null && held !== expected)
        moved.push(staleLine(address, describe('destination', expected, held)));
    }
  }
  return moved;
}

// Several actions may write one object; the last one that was carried out says what it should hold now.
function lastEntry(
  actions: readonly PlannedAction[],
  journal: ReadonlyMap<ActionId, JournalEntry>,
): JournalEntry | undefined {
  const entries = actions.flatMap(({ id }) => journal.get(id) ?? []).filter(({ phase }) => phase !== 'failed');
  return entries.find(({ phase }) => phase === 'begun') ?? entries.at(-1);
}

function describe(side: Side, expected: string | null, held: string | null): string {
  if (held === null) return `is gone from the ${side}`;
  return expected === null ? `exists in the ${side} now` : `changed in the ${side}`;
}

export function staleLine(address: Address, what: string): string {
  return `  ${address}: ${what}`;
}
