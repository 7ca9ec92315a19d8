import {
  decodeRaw,
  parseRawArray,
  parseRawObject,
  printRawObject,
  type RawJson,
  type RawObject,
} from './raw-object.ts';
import { InvalidRowError } from './row-limits.ts';

/** Columns that keep the value of the existing row whatever a merge says (fact sheet 4.4). */
const STICKY = new Set(['created', 'span_id', 'root_span_id', 'span_parents', '_parent_id']);

export interface ArrayDelete {
  readonly path: readonly string[];
  readonly delete: readonly unknown[];
}

/** Reads `_merge_paths`. Throws InvalidRowError. */
export function readMergePaths(text: RawJson | undefined): string[][] {
  const value = text === undefined ? null : decodeRaw(text);
  if (value === null) return [];
  if (!Array.isArray(value) || !value.every((path) => isPath(path))) {
    throw new InvalidRowError('_merge_paths must be an array of paths');
  }
  return value as string[][];
}

/** Reads `_array_delete`. Throws InvalidRowError. */
export function readArrayDeletes(text: RawJson | undefined): ArrayDelete[] {
  const value = text === undefined ? null : decodeRaw(text);
  if (value === null) return [];
  const valid =
    Array.isArray(value) &&
    value.every((item) => isPath((item as ArrayDelete | null)?.path) && Array.isArray((item as ArrayDelete).delete));
  if (!valid) throw new InvalidRowError('_array_delete must be an array of {path, delete}');
  return value as ArrayDelete[];
}

function isPath(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === 'string');
}

/**
 * Deep merge of `change` into `row`: objects merge, everything else replaces, `tags` unite; below a merge path the value
 * replaces too. Text that is not touched keeps its bytes.
 */
export function mergeRow(row: RawObject, change: RawObject, mergePaths: readonly (readonly string[])[]): void {
  const stops = new Set(mergePaths.map((path) => pathKey(path)));
  for (const [name, member] of change) {
    const old = row.get(name);
    if (old !== undefined && STICKY.has(name) && old.value !== 'null') continue;
    const key = old?.key ?? member.key;
    if (old === undefined || stops.has(pathKey([name]))) row.set(name, { key, value: member.value });
    else if (name === 'tags') row.set(name, { key, value: uniteArrays(old.value, member.value) });
    else row.set(name, { key, value: mergeValue(old.value, member.value, [name], stops) });
  }
}

function mergeValue(old: RawJson, change: RawJson, path: readonly string[], stops: ReadonlySet<string>): RawJson {
  const target = parseRawObject(old);
  const source = target === null ? null : parseRawObject(change);
  if (target === null || source === null) return change;
  for (const [name, member] of source) {
    const existing = target.get(name);
    const inner = [...path, name];
    const value =
      existing === undefined || stops.has(pathKey(inner))
        ? member.value
        : mergeValue(existing.value, member.value, inner, stops);
    target.set(name, { key: existing?.key ?? member.key, value });
  }
  return printRawObject(target);
}

function pathKey(path: readonly string[]): string {
  return JSON.stringify(path.map((part) => Buffer.from(part, 'utf8').toString('latin1')));
}

function uniteArrays(old: RawJson, change: RawJson): RawJson {
  const before = parseRawArray(old);
  const after = parseRawArray(change);
  if (before === null || after === null) return change;
  const seen = new Set(before.map((element) => JSON.stringify(decodeRaw(element))));
  const added = after.filter((element) => !seen.has(JSON.stringify(decodeRaw(element))));
  return `[${[...before, ...added].join(',')}]`;
}

/** Removes elements from arrays inside the row; a path that leads to no array is left alone. */
export function deleteFromArrays(row: RawObject, deletes: readonly ArrayDelete[]): void {
  for (const { path, delete: unwanted } of deletes) {
    const gone = new Set(unwanted.map((value) => JSON.stringify(value)));
    edit(
      row,
      path.map((part) => Buffer.from(part, 'utf8').toString('latin1')),
      gone,
    );
  }
}

function edit(object: RawObject, path: readonly string[], gone: ReadonlySet<string>): void {
  const [name, ...rest] = path;
  const member = name === undefined ? undefined : object.get(name);
  if (name === undefined || member === undefined) return;
  if (rest.length > 0) {
    const inner = parseRawObject(member.value);
    if (inner === null) return;
    edit(inner, rest, gone);
    object.set(name, { key: member.key, value: printRawObject(inner) });
    return;
  }
  const elements = parseRawArray(member.value);
  if (elements === null) return;
  const kept = elements.filter((element) => !gone.has(JSON.stringify(decodeRaw(element))));
  object.set(name, { key: member.key, value: `[${kept.join(',')}]` });
}
