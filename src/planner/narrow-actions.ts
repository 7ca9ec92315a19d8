import { type AddressPattern, kindOf, matchesPattern } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import type { ActionId, PlannedAction } from '../domain/plan.ts';
import { writes } from '../domain/plan.ts';
import { RULE_KINDS } from '../inventory/needed-kinds.ts';

/** `--target` and `--exclude`. */
export interface Narrowing {
  readonly targets: readonly AddressPattern[];
  readonly excludes: readonly AddressPattern[];
}

/**
 * Keeps the targeted actions with everything they need, or leaves out the excluded ones; what needs an excluded action
 * is blocked, not broken.
 * @throws BTM_UNKNOWN_ADDRESS when a pattern matches no action.
 */
export function narrowActions(actions: readonly PlannedAction[], { targets, excludes }: Narrowing): PlannedAction[] {
  for (const pattern of [...targets, ...excludes]) {
    if (!actions.some((action) => matches(pattern, action))) throw matchesNothing(pattern);
  }
  const kept = targets.length === 0 ? actions : withNeeds(actions, targets);
  if (excludes.length === 0) return [...kept];
  const gone = new Set(
    kept.filter((action) => excludes.some((pattern) => matches(pattern, action))).map(({ id }) => id),
  );
  const result: PlannedAction[] = [];
  // Actions come in dependency order, so a blocked one is known before what needs it.
  for (const action of kept) {
    if (gone.has(action.id)) continue;
    const missing = action.depends_on.filter((id) => gone.has(id) && !onlyFollows(action, id));
    if (missing.length === 0 || !writes(action.op)) {
      result.push({ ...action, depends_on: action.depends_on.filter((id) => !gone.has(id)) });
      continue;
    }
    gone.add(action.id);
    result.push({
      ...action,
      id: `blocked:${action.address}`,
      op: 'blocked',
      reason: 'excluded_dependency',
      depends_on: action.depends_on.filter((id) => !gone.has(id)),
    });
  }
  return result;
}

// A rule follows the rows that it must not act on; without them it has nothing to wait for.
function onlyFollows({ address }: PlannedAction, needed: ActionId): boolean {
  return needed.startsWith('copy:') && RULE_KINDS.some((kind) => kind === kindOf(address));
}

function withNeeds(actions: readonly PlannedAction[], targets: readonly AddressPattern[]): PlannedAction[] {
  const byId = new Map(actions.map((action) => [action.id, action]));
  const kept = new Set<ActionId>();
  const queue = actions.filter((action) => targets.some((pattern) => matches(pattern, action))).map(({ id }) => id);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (kept.has(id)) continue;
    kept.add(id);
    queue.push(...(byId.get(id)?.depends_on ?? []));
  }
  return actions.filter(({ id }) => kept.has(id));
}

function matches(pattern: AddressPattern, action: PlannedAction): boolean {
  return !action.address.endsWith('.*') && matchesPattern(pattern, action.address);
}

/** The error of a pattern that names nothing of the plan. */
export function matchesNothing(pattern: AddressPattern): BtMigrateError {
  return new BtMigrateError('BTM_UNKNOWN_ADDRESS', {
    detail: `Nothing in the plan matches ${pattern.text}.`,
    hint: 'Run bt-migrate plan without --target and --exclude to see every address.',
  });
}
