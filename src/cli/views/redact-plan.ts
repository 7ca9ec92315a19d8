import { kindOf } from '../../domain/address.ts';
import { isArray, isObject, type Json, type JsonObject, setKey } from '../../domain/json.ts';
import { isStreamKind } from '../../domain/kind.ts';
import type { Plan, PlannedAction, PlannedChange } from '../../domain/plan.ts';
import type { PlannedRowDeletion } from '../../domain/stream-plan.ts';
import { describeMarker } from './describe-marker.ts';
import { describeSize } from './describe-size.ts';
import { isEvidence } from './evidence-words.ts';
import { gatherChanges } from './gather-changes.ts';
import { DEEPEST_LINES } from './render-value.ts';

/**
 * Replaces every value in a plan by what it is and how large, as `{"$redacted": "text of 12 characters"}`. Paths,
 * addresses and markers stay. The digest stays that of the plan itself; the member `redacted` tells the result from a
 * plan that somebody could apply.
 */
export function redactPlan(plan: Plan): Plan {
  return { ...plan, redacted: 'content', actions: plan.actions.map(redactAction) };
}

function redactAction(planned: PlannedAction): PlannedAction {
  const { collides } = planned;
  const action = collides === undefined ? planned : { ...planned, collides: { ...collides, ids: [] } };
  // What a copy says of its rows are numbers and bounds of our own.
  if (action.op === 'copy') return action;
  const { before, after, changes, history, ...rest } = action;
  if (before !== undefined && isStreamKind(kindOf(action.address))) {
    const { rows, ids } = before as PlannedRowDeletion;
    return { ...rest, before: { rows, ids: { $redacted: describeSize(ids) } } };
  }
  return {
    ...rest,
    ...(before === undefined ? {} : { before: redactObject(action, before) }),
    ...(after === undefined ? {} : { after: redactObject(action, after) }),
    ...(history === undefined
      ? {}
      : { history: history.map(({ version, after: older }) => ({ version, after: redactObject(action, older) })) }),
    ...(changes === undefined
      ? {}
      : { changes: gatherChanges(action).map((one) => (isEvidence(action, one) ? one : redactChange(one))) }),
  };
}

/** A project's name stays, as in its address: commands for the operator are made with the name it gets. */
function redactObject(action: PlannedAction, fields: JsonObject): JsonObject {
  const redacted = redactFields(fields);
  if (kindOf(action.address) !== 'project' || fields.name === undefined) return redacted;
  return { ...redacted, name: fields.name };
}

function redactChange(change: PlannedChange): PlannedChange {
  return {
    path: change.path,
    ...(change.before === undefined ? {} : { before: redactValue(change.before) }),
    ...(change.after === undefined ? {} : { after: redactValue(change.after) }),
  };
}

function redactFields(fields: JsonObject, depth = 0): JsonObject {
  const redacted: Record<string, Json> = {};
  for (const key of Object.keys(fields)) setKey(redacted, key, redactValue(fields[key] as Json, depth + 1));
  return redacted;
}

/** Keys are paths and stay; text, numbers and lists go. */
function redactValue(value: Json, depth = 0): Json {
  if (value === null) return null;
  if (depth > DEEPEST_LINES) return { $redacted: describeSize(value) };
  if (isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  if (!isObject(value)) return { $redacted: describeSize(value) };
  // What already looks redacted in a plan is somebody's content.
  return describeMarker(value) !== undefined && !('$redacted' in value) ? value : redactFields(value, depth);
}
