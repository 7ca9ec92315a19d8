import type { PlannedAction } from '../../domain/plan.ts';
import { isEvidence } from './evidence-words.ts';
import { gatherChanges } from './gather-changes.ts';
import type { PlanOutline } from './plan-outline.ts';
import { diffChanges, type FieldDiff } from './render-diff.ts';

/** What an action changes, or the fields for which it cannot; long text as a text diff of at most `mostLines` lines. Sanitised. */
export function actionDiff(action: PlannedAction, outline: PlanOutline, mostLines: number): FieldDiff[] {
  const changes = gatherChanges(action, outline.created.get(action.address)).filter((one) => !isEvidence(action, one));
  // Nothing becomes of what is blocked: its differences are facts.
  return diffChanges(changes, mostLines, action.op === 'blocked' ? 'found' : 'planned');
}
