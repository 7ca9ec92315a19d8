import { compareText, isArray, isObject, type Json, type JsonObject, ownValue } from '../../domain/json.ts';
import type { PlannedAction, PlannedChange } from '../../domain/plan.ts';

/**
 * The changes of an action as a reader wants them: when a list became longer or shorter, one change of the list instead
 * of one for every item that moved up or down. A second write has no changes, only the fields that it adds to what was
 * `created`, when the plan creates the object.
 */
export function gatherChanges(action: PlannedAction, created?: JsonObject): readonly PlannedChange[] {
  const { before, after, changes = [] } = action;
  if (action.op === 'link' && after !== undefined) {
    return Object.keys(after)
      .sort(compareText)
      .map((path) => {
        const was = created === undefined ? undefined : ownValue(created, path);
        return { path, ...(was === undefined ? {} : { before: was }), after: after[path] as Json };
      });
  }
  if (before === undefined || after === undefined) return changes;
  const gathered = new Map<string, PlannedChange>();
  for (const change of changes) {
    const list = resizedList(change.path, before, after) ?? change;
    gathered.set(list.path, list);
  }
  return [...gathered.values()];
}

/** The outermost list on the path whose length differs, as one change. */
function resizedList(path: string, before: JsonObject, after: JsonObject): PlannedChange | undefined {
  for (let at = path.indexOf('['); at >= 0; at = path.indexOf('[', at + 1)) {
    const prefix = path.slice(0, at);
    const was = valueAt(before, prefix);
    const becomes = valueAt(after, prefix);
    if (!isArray(was) || !isArray(becomes)) return undefined;
    if (was.length !== becomes.length) return { path: prefix, before: was, after: becomes };
  }
  return undefined;
}

function valueAt(fields: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = fields;
  for (const step of path.split(/[.[\]]+/)) {
    if (step === '') continue;
    if (isArray(value)) value = value[Number(step)];
    else value = isObject(value) ? value[step] : undefined;
  }
  return value;
}
