import { canonicalJson, isArray, isObject, type Json, JsonNumber, type JsonObject, setKey } from '../domain/json.ts';
import { parseJson } from '../domain/parse-json.ts';

const INSTANT = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:?\d{2})$/i;
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Values nested deeper are compared as they are spelled. */
const DEEPEST = 1_000;

/**
 * A row as JSON in which only meaning is left: the service re-spells instants, numbers and the order of keys, and fills
 * absent columns with null (fact sheet 4.1, 4.4). Throws BTM_RESPONSE_UNREADABLE.
 */
export function normalRow(text: string): JsonObject {
  const row = parseJson(text);
  if (!isObject(row)) return {};
  const kept: Record<string, Json> = {};
  for (const [key, value] of Object.entries(row)) {
    if (value === null || key === '_skip_async_scoring') continue;
    setKey(kept, key, normal(value, 0));
  }
  // Kept to the millisecond (fact sheet 4.4).
  if (typeof kept.created === 'string') kept.created = kept.created.replace(/(\.\d{3})\d+Z$/, '$1Z');
  return kept;
}

export function sameMeaning(a: JsonObject, b: JsonObject): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** Dotted path of the first place in which two values differ, in the order of keys; undefined when they do not. */
export function firstDifferentPath(a: Json | undefined, b: Json | undefined): string | undefined {
  const steps: string[] = [];
  let [left, right] = [a, b];
  for (;;) {
    if (isObject(left) && isObject(right)) {
      const [x, y] = [left, right];
      const key = [...new Set([...Object.keys(x), ...Object.keys(y)])]
        .sort()
        .find((name) => differs(own(x, name), own(y, name)));
      if (key === undefined) return undefined;
      steps.push(key);
      [left, right] = [own(x, key), own(y, key)];
    } else if (isArray(left) && isArray(right)) {
      const [x, y] = [left, right];
      const index = Array.from({ length: Math.max(x.length, y.length) }, (_, at) => at).find((at) =>
        differs(x[at], y[at]),
      );
      if (index === undefined) return undefined;
      steps.push(String(index));
      [left, right] = [x[index], y[index]];
    } else return differs(left, right) ? steps.join('.') : undefined;
  }
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function differs(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a !== b;
  return canonicalJson(a) !== canonicalJson(b);
}

function normal(value: Json, depth: number): Json {
  if (typeof value === 'string') return normalText(value);
  if (typeof value === 'number' || value instanceof JsonNumber) {
    return new JsonNumber(normalNumber(value instanceof JsonNumber ? value.literal : String(value)));
  }
  if (depth > DEEPEST) return value;
  if (isArray(value)) return value.map((item) => normal(item, depth + 1));
  if (!isObject(value)) return value;
  const object: Record<string, Json> = {};
  for (const [key, member] of Object.entries(value)) setKey(object, key, normal(member, depth + 1));
  return object;
}

/** The same instant in UTC, with the fraction as long as it means something. */
function normalText(text: string): string {
  if (text.length < 20 || text.length > 40) return text;
  const [, date, time, fraction = '', zone] = INSTANT.exec(text) ?? [];
  if (date === undefined || zone === undefined) return text;
  const seconds = Date.parse(`${date}T${time}${zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone}`);
  if (Number.isNaN(seconds)) return text;
  const digits = fraction.replace(/0+$/, '');
  return `${new Date(seconds).toISOString().slice(0, 19)}${digits === '' ? '' : `.${digits}`}Z`;
}

/** `12e3`: digits without zeros at either end, and the power of ten. */
function normalNumber(literal: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(literal) ?? [];
  if (whole === '') return literal;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  return `${sign}${kept}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - kept.length)}`;
}
