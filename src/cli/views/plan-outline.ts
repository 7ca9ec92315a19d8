import { type Address, kindOf } from '../../domain/address.ts';
import { compareText, type JsonObject } from '../../domain/json.ts';
import { RESOURCE_KINDS } from '../../domain/kind.ts';
import {
  type NotMigrated,
  type NotMigratedReason,
  OPERATIONS,
  type Operation,
  type Plan,
  type PlannedAction,
  writes,
} from '../../domain/plan.ts';
import { actsOnRows } from './acts-on-rows.ts';
import { clipText } from './clip-text.ts';
import { formatCount } from './count-words.ts';
import { BLOCKED_WORDS, type BlockedReason, NOT_MIGRATED_WORDS, type SkipReason } from './plan-words.ts';
import { projectOf } from './project-of.ts';

/** A plan arranged for reading; every view shows this arrangement. */
export interface PlanOutline {
  /** The organization first, then projects by name; in each, actions by kind and address. */
  readonly groups: readonly PlanGroup[];
  readonly blocked: readonly BlockedGroup[];
  readonly skips: ReadonlyMap<SkipReason, number>;
  readonly counts: Readonly<Record<Operation, number>>;
  readonly accepted: number;
  readonly notMigrated: readonly NotMigratedGroup[];
  /** What will act on rows as soon as it is created. */
  readonly acting: readonly PlannedAction[];
  /** What an earlier action of the plan creates, by address: a second write adds to it. */
  readonly created: ReadonlyMap<Address, JsonObject>;
  /** Project address to the name it has or will have in the destination, where that differs from the address. */
  readonly destinationNames: ReadonlyMap<string, string>;
}

interface PlanGroup {
  /** Undefined for the organization. */
  readonly project: string | undefined;
  readonly actions: readonly PlannedAction[];
}

interface BlockedGroup {
  readonly reason: BlockedReason;
  readonly actions: readonly PlannedAction[];
}

export interface NotMigratedGroup {
  readonly reason: NotMigratedReason;
  readonly items: readonly NotMigrated[];
  /** Null when some of it could not be counted. */
  readonly count: number | null;
}

const KIND_ORDER = new Map<string, number>(RESOURCE_KINDS.map((kind, index) => [kind, index]));

export function outlinePlan(plan: Plan): PlanOutline {
  const groups = new Map<string | undefined, PlannedAction[]>();
  const blocked = new Map<BlockedReason, PlannedAction[]>();
  const skips = new Map<SkipReason, number>();
  const counts = Object.fromEntries(OPERATIONS.map((op) => [op, 0])) as Record<Operation, number>;
  const destinationNames = new Map<string, string>();
  const created = new Map<Address, JsonObject>();
  for (const action of plan.actions) {
    counts[action.op] += 1;
    append(groups, projectOf(action.address), action);
    if (action.op === 'create' && action.after !== undefined) created.set(action.address, action.after);
    if (action.op === 'blocked') append(blocked, action.reason as BlockedReason, action);
    if (action.op === 'skip') {
      const reason = action.reason as SkipReason;
      skips.set(reason, (skips.get(reason) ?? 0) + 1);
    }
    const name = (action.after ?? action.before)?.name;
    if (kindOf(action.address) === 'project' && typeof name === 'string') {
      destinationNames.set(projectOf(action.address) ?? '', name);
    }
  }
  return {
    groups: [...groups]
      .sort(([a], [b]) => (a === undefined ? -1 : b === undefined ? 1 : compareText(a, b)))
      .map(([project, actions]) => ({ project, actions: actions.sort(compareActions) })),
    blocked: inOrderOf(BLOCKED_WORDS, blocked).map(([reason, actions]) => ({
      reason,
      actions: [...actions].sort(compareActions),
    })),
    skips,
    counts,
    accepted: plan.actions.filter((action) => action.accepted !== undefined).length,
    notMigrated: groupNotMigrated(plan.not_migrated),
    acting: plan.actions.filter(actsOnRows).sort(compareActions),
    created,
    destinationNames,
  };
}

/** True when apply would change something in the destination. */
export function hasChanges(outline: PlanOutline): boolean {
  return OPERATIONS.some((op) => writes(op) && outline.counts[op] > 0);
}

/** The one line that says it all: `Plan: 12 to create, 3 to update, 2 blocked (1 accepted), 40 in sync.` */
export function summaryLine(outline: PlanOutline): string {
  const { counts, skips } = outline;
  const parts = (['create', 'update', 'link', 'copy', 'delete'] as const)
    .filter((op) => counts[op] > 0)
    .map((op) => `${formatCount(counts[op])} to ${op}`);
  if (counts.blocked > 0) {
    const accepted = outline.accepted > 0 ? ` (${formatCount(outline.accepted)} accepted)` : '';
    parts.push(`${formatCount(counts.blocked)} blocked${accepted}`);
  }
  const inSync = skips.get('in_sync') ?? 0;
  const toRecord = (skips.get('adopted') ?? 0) + (skips.get('converged') ?? 0);
  const skipped = counts.skip - inSync - toRecord;
  if (toRecord > 0) parts.push(`${formatCount(toRecord)} to adopt`);
  if (inSync > 0) parts.push(`${formatCount(inSync)} in sync`);
  if (skipped > 0) parts.push(`${formatCount(skipped)} skipped`);
  const opening = hasChanges(outline) ? 'Plan: ' : 'No changes.';
  if (parts.length === 0) return opening.trim();
  return `${hasChanges(outline) ? opening : `${opening} `}${parts.join(', ')}.`;
}

/** `prompt.Support-bot.triage prompt_data.beta`, `api_key (3)`. Sanitised. */
export function notMigratedItem(item: NotMigrated): string {
  const path = item.path === undefined ? '' : ` ${clipText(item.path)}`;
  const count = item.count === undefined ? '' : ` (${countOrUnknown(item.count)})`;
  return clipText(item.address) + path + count;
}

export function countOrUnknown(count: number | null): string {
  return count === null ? 'number unknown' : formatCount(count);
}

function groupNotMigrated(items: readonly NotMigrated[]): NotMigratedGroup[] {
  const groups = new Map<NotMigratedReason, NotMigrated[]>();
  for (const item of items) append(groups, item.reason, item);
  return inOrderOf(NOT_MIGRATED_WORDS, groups).map(([reason, members]) => {
    const counts = members.map((item) => (item.count === undefined ? 1 : item.count));
    return {
      reason,
      items: members,
      count: counts.includes(null) ? null : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0),
    };
  });
}

function inOrderOf<Key extends string, Item>(
  order: Readonly<Record<Key, unknown>>,
  groups: ReadonlyMap<Key, readonly Item[]>,
): [Key, readonly Item[]][] {
  return (Object.keys(order) as Key[]).flatMap((key) => {
    const items = groups.get(key);
    return items === undefined ? [] : [[key, items]];
  });
}

/** Kinds in the order a reader expects them; what is no kind of resource comes last. */
export function compareKinds(a: string, b: string): number {
  const last = KIND_ORDER.size;
  return (KIND_ORDER.get(a) ?? last) - (KIND_ORDER.get(b) ?? last) || compareText(a, b);
}

/** The order of a reader: by kind, then by address. */
export function compareActions(a: PlannedAction, b: PlannedAction): number {
  return (
    compareKinds(kindOf(a.address), kindOf(b.address)) || compareText(a.address, b.address) || compareText(a.op, b.op)
  );
}

function append<Key, Item>(groups: Map<Key, Item[]>, key: Key, item: Item): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [item]);
  else group.push(item);
}
