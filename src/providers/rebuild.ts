import { isArray, isObject, type Json, setKey } from '../domain/json.ts';

/** A container whose elements are being changed. */
interface Frame {
  readonly value: Json;
  /** Undefined for an array. */
  readonly keys: readonly string[] | undefined;
  readonly items: Json[];
  readonly fields: Record<string, Json>;
  readonly length: number;
  next: number;
  isSame: boolean;
}

/**
 * Applies `change` to every value of a tree, the innermost first, so that a container is changed after what it holds.
 * Undefined leaves a key out, and is null in an array, where it would move what comes after it. What does not change is
 * shared with the original. Iterative, because user data may be nested deeper than the call stack.
 */
export function rebuild(root: Json, change: (value: Json) => Json | undefined): Json | undefined {
  const open: Frame[] = [];
  let value: Json = root;
  for (;;) {
    const opened = openFrame(value);
    let done: Json | undefined;
    if (opened !== undefined && opened.length > 0) open.push(opened);
    else done = change(value);
    let frame = open.at(-1);
    if (frame === undefined) return done;
    if (frame !== opened) put(frame, done);
    while (frame.next === frame.length) {
      const closed: Json = frame.isSame ? frame.value : frame.keys === undefined ? frame.items : frame.fields;
      done = change(closed);
      open.pop();
      const parent = open.at(-1);
      if (parent === undefined) return done;
      put(parent, done);
      frame = parent;
    }
    value = elementOf(frame);
  }
}

function openFrame(value: Json): Frame | undefined {
  if (isArray(value)) return frameOf(value, undefined, value.length);
  if (!isObject(value)) return undefined;
  const keys = Object.keys(value);
  return frameOf(value, keys, keys.length);
}

function frameOf(value: Json, keys: readonly string[] | undefined, length: number): Frame {
  return { value, keys, items: [], fields: {}, length, next: 0, isSame: true };
}

function elementOf({ value, keys, next }: Frame): Json {
  return (value as Readonly<Record<string | number, Json>>)[keys?.[next] ?? next] as Json;
}

function put(frame: Frame, changed: Json | undefined): void {
  if (changed !== elementOf(frame)) frame.isSame = false;
  const key = frame.keys?.[frame.next];
  if (frame.keys === undefined) frame.items.push(changed ?? null);
  else if (changed !== undefined && key !== undefined) setKey(frame.fields, key, changed);
  frame.next += 1;
}
