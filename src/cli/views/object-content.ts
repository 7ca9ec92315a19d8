import { parseAddress } from '../../domain/address.ts';
import {
  canonicalJson,
  compareText,
  isArray,
  isObject,
  type Json,
  type JsonObject,
  ownValue,
} from '../../domain/json.ts';
import type { PlannedAction } from '../../domain/plan.ts';
import type { ProviderDefinition } from '../../providers/define-provider.ts';
import { providerOf } from '../../providers/registry.ts';
import { clipText } from './clip-text.ts';
import { plural } from './count-words.ts';
import { describeLoss, describeMarker } from './describe-marker.ts';
import { grantWords } from './grant-words.ts';
import { DEEPEST_LINES, inlineValue } from './render-value.ts';

/** One field of an object: a headline that says all, or a headline and the lines of a text. Sanitised. */
export interface ContentField {
  readonly path: string;
  readonly headline: string;
  readonly lines: readonly string[];
  /** Lines of the text that are not among them. */
  readonly hidden: number;
}

/** What a create will write, or a delete will destroy: as much of it as a reviewer reads. Sanitised. */
export interface ObjectContent {
  /** Sentences about the whole object. */
  readonly notes: readonly string[];
  readonly fields: readonly ContentField[];
  /** How many fields are not among them. */
  readonly more: number;
}

const MOST_FIELDS = 8;
const MOST_LINES = 6;
const LONGEST_LINE = 160;

/** Where the meaning of an object lies: shown first, whatever else it holds. The longest fitting prefix counts. */
const LEADING_PATHS: readonly string[] = [
  'name',
  'prompt_data.prompt',
  'function_type',
  'function_data.type',
  'function_data.data.type',
  'function_data',
  'config.event_type',
  'config.action',
  'config.export_path',
  'config.btql_filter',
  'config.online',
  'score_type',
  'url',
  'prompt_data.options',
  'prompt_data.tool_functions',
];

/** Shows the fields of a created or deleted object that its address does not tell, the telling ones first; long ones are cut. */
export function objectContent({ op, address, before, after }: PlannedAction): ObjectContent {
  const fields = op === 'create' ? after : op === 'delete' ? before : undefined;
  const definition = providerOf(address);
  if (fields === undefined || definition === undefined) return { notes: [], fields: [], more: 0 };
  const grant = definition.kind === 'acl' ? grantWords(fields) : undefined;
  if (grant !== undefined)
    return { notes: [`${op === 'create' ? 'gives' : 'no longer gives'} ${grant}`], fields: [], more: 0 };
  const told = toldByAddress(definition, address, fields);
  const found: Found[] = [];
  for (const key of sortedKeys(fields)) if (!told.has(key)) collect(fields[key] as Json, key, found, 0);
  const ranked = found.sort((a, b) => a.rank - b.rank);
  return {
    notes: op === 'create' && waitsForValue(definition, fields) ? [`${definition.secret}: ${NO_VALUE}`] : [],
    fields: ranked.slice(0, MOST_FIELDS).map(({ field }) => field),
    more: Math.max(0, ranked.length - MOST_FIELDS),
  };
}

const NO_VALUE = 'none, because no API hands it out; set it by hand, or give it under secrets in the spec';

function waitsForValue({ secret }: ProviderDefinition, fields: JsonObject): boolean {
  return secret !== undefined && ownValue(fields, secret) === undefined;
}

/** Owner and match key stand in the address already, unless the new object is to have another name. */
function toldByAddress({ owner, key }: ProviderDefinition, address: string, fields: JsonObject): Set<string> {
  const { path } = parseAddress(address);
  const told = new Set(owner.in === 'container' ? [owner.field] : []);
  if (owner.in === 'object') told.add(owner.typeField).add(owner.idField);
  for (const name of key) {
    const value = fields[name];
    if (typeof value === 'string' ? path.includes(value) : isObject(value) && '$redacted' in value) told.add(name);
  }
  // A name that repeats the slug says nothing either.
  if (typeof fields.name === 'string' && path.includes(fields.name)) told.add('name');
  return told;
}

interface Found {
  readonly field: ContentField;
  readonly rank: number;
}

function collect(value: Json, path: string, found: Found[], depth: number): void {
  if (isEmpty(value)) return;
  const push = (shown: Omit<ContentField, 'path'>): void => {
    found.push({ field: { path: clipText(path), ...shown }, rank: rankOf(value, path) });
  };
  const inline = inlineValue(value);
  // What asks for something to be done gets a line of its own.
  if (inline !== undefined && (describeMarker(value) !== undefined || !holdsRemarkable(value))) push(headline(inline));
  else if (typeof value === 'string') push(textOf(value));
  else if (depth > DEEPEST_LINES) push(headline('(deeply nested)'));
  else if (isArray(value)) {
    value.forEach((item, index) => {
      const said = messageOf(item);
      if (said === undefined) collect(item, `${path}[${index}]`, found, depth + 1);
      else collect(said.content, `${path}[${index}] (${said.role})`, found, depth + 1);
    });
  } else if (isObject(value)) {
    for (const key of sortedKeys(value)) collect(value[key] as Json, `${path}.${key}`, found, depth + 1);
  } else push(headline(clipText(canonicalJson(value), LONGEST_LINE)));
}

function headline(text: string): Omit<ContentField, 'path'> {
  return { headline: text, lines: [], hidden: 0 };
}

/** A plan in memory and one read from a file show the same. */
function sortedKeys(value: JsonObject): string[] {
  return Object.keys(value).sort(compareText);
}

function isEmpty(value: Json): boolean {
  return value === null || (isArray(value) && value.length === 0) || (isObject(value) && !Object.keys(value).length);
}

/** A message of a chat: who says it is worth no line of its own. */
function messageOf(item: Json): { readonly role: string; readonly content: Json } | undefined {
  if (!isObject(item) || Object.keys(item).length !== 2) return undefined;
  const { role, content } = item;
  return typeof role === 'string' && content !== undefined ? { role, content } : undefined;
}

function textOf(text: string): Omit<ContentField, 'path'> {
  const lines = text.replace(/\n$/, '').split('\n');
  if (lines.length === 1) return headline(clipText(JSON.stringify(text), LONGEST_LINE));
  const shown = lines.slice(0, MOST_LINES).map((line) => clipText(line, LONGEST_LINE));
  return { headline: plural(lines.length, 'line'), lines: shown, hidden: lines.length - shown.length };
}

const LAST = LEADING_PATHS.length;

/** Secrets, and what got lost, come before everything: they ask for something to be done. */
function rankOf(value: Json, path: string): number {
  if (isRemarkable(value)) return -1;
  const fitting = LEADING_PATHS.filter(
    (lead) => path === lead || path.startsWith(`${lead}.`) || path.startsWith(`${lead}[`),
  );
  const [longest] = fitting.sort((a, b) => b.length - a.length);
  return longest === undefined ? LAST : LEADING_PATHS.indexOf(longest);
}

function isRemarkable(value: Json): boolean {
  return isObject(value) && (describeLoss(value) !== undefined || '$secret' in value || '$from_source' in value);
}

function holdsRemarkable(value: Json, depth = 0): boolean {
  if (depth > DEEPEST_LINES) return false;
  if (isRemarkable(value)) return true;
  if (isArray(value)) return value.some((item) => holdsRemarkable(item, depth + 1));
  return isObject(value) && Object.keys(value).some((key) => holdsRemarkable(value[key] as Json, depth + 1));
}
