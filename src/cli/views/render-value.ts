import {
  canonicalJson,
  compareText,
  isArray,
  isObject,
  type Json,
  JsonNumber,
  type JsonObject,
} from '../../domain/json.ts';
import { clipText } from './clip-text.ts';
import { describeMarker } from './describe-marker.ts';
import { sanitizeText } from './sanitize-text.ts';

/** Longest value that is shown on the line of its field. */
const INLINE_CHARACTERS = 80;
/** Nothing that fits on a line is nested deeper; user data may be nested deeper than the call stack. */
const DEEPEST_INLINE = INLINE_CHARACTERS / 2;
/** What is nested deeper stands on one line. */
export const DEEPEST_LINES = 64;

/** The value on one line, or undefined when it is too long or has several lines. Strings are quoted as in JSON. */
export function inlineValue(value: Json, depth = 0): string | undefined {
  const marker = describeMarker(value);
  if (marker !== undefined) return marker;
  if (typeof value === 'string' && (value.includes('\n') || value.length > INLINE_CHARACTERS)) return undefined;
  if (isArray(value) || isObject(value)) return inlineContainer(value, depth + 1);
  const text = scalarText(value);
  return text.length > INLINE_CHARACTERS ? undefined : text;
}

/**
 * The value as lines for comparing and showing: keys sorted, null members left out, text of several lines as lines. A
 * string at the top is its own lines, without quotes. Not sanitised yet: comparing must see what is really there.
 */
export function valueLines(value: Json | undefined): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return value.split('\n');
  const lines: string[] = [];
  writeLines(value, '', '', lines);
  return lines;
}

function inlineContainer(value: readonly Json[] | JsonObject, depth: number): string | undefined {
  if (depth > DEEPEST_INLINE) return undefined;
  const open = isArray(value) ? '[' : '{';
  const parts: string[] = [];
  let length = 0;
  for (const key of isArray(value) ? value.keys() : shownKeys(value)) {
    const item = isArray(value) ? value[key as number] : value[key];
    const text = inlineValue(item ?? null, depth);
    if (text === undefined) return undefined;
    const part = typeof key === 'number' ? text : `${keyText(key)}: ${text}`;
    length += part.length + 2;
    if (length > INLINE_CHARACTERS) return undefined;
    parts.push(part);
  }
  if (open === '[') return `[${parts.join(', ')}]`;
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}

function writeLines(value: Json, lead: string, indent: string, lines: string[]): void {
  const inline = inlineValue(value);
  if (inline !== undefined && (indent !== '' || !(isArray(value) || isObject(value)))) {
    lines.push(lead + inline);
    return;
  }
  const inner = `${indent}  `;
  if (typeof value === 'string') {
    if (!value.includes('\n')) {
      lines.push(lead + JSON.stringify(value));
      return;
    }
    lines.push(`${lead}|`);
    for (const line of value.split('\n')) lines.push(indent + line);
    return;
  }
  if (indent.length > 2 * DEEPEST_LINES) {
    lines.push(lead + canonicalJson(value));
    return;
  }
  if (lead.trim() !== '') lines.push(lead.trimEnd());
  if (isArray(value)) {
    for (const item of value) writeLines(item, `${indent}- `, inner, lines);
  } else if (isObject(value)) {
    for (const key of shownKeys(value)) writeLines(value[key] as Json, `${indent}${keyText(key)}: `, inner, lines);
  } else {
    lines.push(lead + scalarText(value));
  }
}

function shownKeys(value: JsonObject): string[] {
  return Object.keys(value)
    .filter((key) => value[key] !== null && value[key] !== undefined)
    .sort(compareText);
}

function keyText(key: string): string {
  return /^[\w$-]+$/.test(key) ? key : sanitizeText(JSON.stringify(key));
}

function scalarText(value: Json): string {
  if (value instanceof JsonNumber) return clipText(value.literal, INLINE_CHARACTERS);
  return sanitizeText(JSON.stringify(value));
}
