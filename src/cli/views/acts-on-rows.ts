import type { PlannedAction } from '../../domain/plan.ts';
import { valuesAt } from '../../providers/field-path.ts';
import { providerOf } from '../../providers/registry.ts';

/** True for a new object that acts on rows by itself as soon as it exists: an automation, an online score. */
export function actsOnRows({ op, address, after }: PlannedAction): boolean {
  const activates = op === 'create' ? providerOf(address)?.activates : undefined;
  if (activates === undefined || after === undefined) return false;
  return activates.length === 0 || activates.some((path) => valuesAt(after, path).some((value) => value !== null));
}
