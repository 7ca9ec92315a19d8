/**
 * JSON values as the engine holds them: like `JSON.parse`, except that a number JavaScript cannot hold exactly
 * (`9007199254740993`, `1e400`, `-0`) or would spell differently (`1.0`) stays a `JsonNumber` with its literal text.
 */
export type Json = null | boolean | number | string | JsonNumber | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** A number kept as the text it arrived in, because a JavaScript number would change it. */
export class JsonNumber {
  readonly literal: string;
  constructor(literal: string) {
    this.literal = literal;
  }
}

/** Returns an object without a prototype, so that a key named `__proto__` is only a key. */
export function emptyObject(): Record<string, Json> {
  return Object.create(null) as Record<string, Json>;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Compares by code unit, so that the order of keys and addresses does not depend on a locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Writes compact JSON with the keys in the order they have. */
export function stringifyJson(value: Json): string {
  return write(value, false, '', '');
}

/** Writes compact JSON with sorted keys: the form that digests are taken of. */
export function canonicalJson(value: Json): string {
  return write(value, true, '', '');
}

/** Writes sorted, two-space indented JSON ending in a newline: the form of files that people review. */
export function prettyJson(value: Json): string {
  return `${write(value, true, '\n', '  ')}\n`;
}

function write(value: Json, sorted: boolean, newline: string, indent: string): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return JSON.stringify(value);
  if (value instanceof JsonNumber) return value.literal;
  const inner = newline === '' ? '' : newline + indent;
  const separator = indent === '' ? ':' : ': ';
  if (isArray(value)) {
    if (value.length === 0) return '[]';
    return `[${value.map((item) => inner + write(item, sorted, inner, indent)).join(',')}${newline}]`;
  }
  const object = value as JsonObject;
  const keys = Object.keys(object).filter((key) => object[key] !== undefined);
  if (sorted) keys.sort(compareText);
  if (keys.length === 0) return '{}';
  const members = keys.map(
    (key) => inner + JSON.stringify(key) + separator + write(object[key] as Json, sorted, inner, indent),
  );
  return `{${members.join(',')}${newline}}`;
}

/** True when both values are the same JSON, whatever the order of their keys. */
export function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return canonicalJson(a) === canonicalJson(b);
}
