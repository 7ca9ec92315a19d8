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

/** Sets an own key, `__proto__` included, which an assignment would take for the prototype. */
export function setKey(target: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  else target[key] = value;
}

/** The value of an own key, never something that every object inherits. */
export function ownValue(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
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

/** What is nested deeper stands on one line: indentation would grow with the square of the depth. */
const DEEPEST_LINES = 64;

/** A container whose beginning is written and whose end is not. */
interface OpenContainer {
  readonly container: readonly Json[] | JsonObject;
  /** Undefined for an array. */
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  readonly newline: string;
  next: number;
}

// Iterative, because user data may be nested deeper than the call stack.
function write(root: Json, sorted: boolean, newline: string, indent: string): string {
  const separator = indent === '' ? ':' : ': ';
  const open: OpenContainer[] = [];
  let text = '';
  let value = root;
  for (;;) {
    const opened = openContainer(
      value,
      sorted,
      newline === '' || open.length >= DEEPEST_LINES ? '' : newline + indent.repeat(open.length + 1),
    );
    if (opened === undefined) text += writeScalar(value as Scalar);
    else {
      text += opened.keys === undefined ? '[' : '{';
      open.push(opened);
    }
    let top = open.at(-1);
    while (top !== undefined && top.next === top.length) {
      open.pop();
      if (top.length > 0 && top.newline !== '') text += newline + indent.repeat(open.length);
      text += top.keys === undefined ? ']' : '}';
      top = open.at(-1);
    }
    if (top === undefined) return text;
    text += top.next === 0 ? top.newline : `,${top.newline}`;
    const key = top.keys?.[top.next] ?? top.next;
    if (typeof key === 'string') text += JSON.stringify(key) + separator;
    value = (top.container as Readonly<Record<string | number, Json>>)[key] as Json;
    top.next += 1;
  }
}

type Scalar = null | boolean | number | string | JsonNumber;

function writeScalar(value: Scalar): string {
  return value instanceof JsonNumber ? value.literal : JSON.stringify(value);
}

function openContainer(value: Json, sorted: boolean, newline: string): OpenContainer | undefined {
  if (isArray(value)) return { container: value, keys: undefined, length: value.length, newline, next: 0 };
  if (!isObject(value)) return undefined;
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  if (sorted) keys.sort(compareText);
  return { container: value, keys, length: keys.length, newline, next: 0 };
}

/** True when both values are the same JSON, whatever the order of their keys. */
export function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return canonicalJson(a) === canonicalJson(b);
}
