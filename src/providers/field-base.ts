import { createHash } from 'node:crypto';
import type { Mover } from '../domain/drift.ts';
import type { FieldBase } from '../domain/fingerprint.ts';
import { canonicalJson, isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import { comparable } from './comparable.ts';
import type { ProviderDefinition } from './define-provider.ts';
import { sealMarkers } from './seal-markers.ts';

/** An object is taken apart level by level until it has more parts than this: about 4 KB in the state. */
const MOST_PARTS = 256;
const MOST_LEVELS = 16;
/** Bytes of each hash. Two of 256 parts are equal by chance once in 8 billion objects. */
const HASH_BYTES = 6;

/** The parts of fields by path, down to a level, outermost first. */
type Parts = Map<string, Json>;

/**
 * What both sides held when they were last made equal, so that a later difference can be told apart by side: of every
 * part a hash of its path and one of its path and value, nothing that could be read. Begins with how many levels deep
 * the parts go.
 */
export function fieldBase(definition: ProviderDefinition, fields: JsonObject): FieldBase {
  const { levels, parts } = takeApart(sealMarkers(definition, comparable(definition, fields)));
  const hashes = [...parts].map(([path, value]) => hashOf(path) + hashOf(path, value));
  return `${levels}:${hashes.sort().join('')}`;
}

/**
 * Says of a path who has moved there since the base was taken; undefined where that cannot be told: deeper than the base
 * goes, with both sides changed around it.
 */
export function moversSince(
  definition: ProviderDefinition,
  base: FieldBase,
  sides: { readonly source: JsonObject; readonly destination: JsonObject },
): (path: string) => Mover | undefined {
  const [levels = '1', text = ''] = base.split(':');
  const width = hashOf('').length;
  const known = new Map<string, string>();
  for (let at = 0; at < text.length; at += 2 * width)
    known.set(text.slice(at, at + width), text.slice(at + width, at + 2 * width));
  const partsOf = (fields: JsonObject): Parts =>
    takeApart(sealMarkers(definition, comparable(definition, fields)), Number(levels)).parts;
  const [source, destination] = [partsOf(sides.source), partsOf(sides.destination)];
  const hasMoved = (parts: Parts, path: string): boolean => {
    const value = parts.get(path);
    return known.get(hashOf(path)) !== (value === undefined ? undefined : hashOf(path, value));
  };
  return (path) => {
    const part = enclosing(path, (one) => source.has(one) || destination.has(one));
    const [there, here] = [hasMoved(source, part), hasMoved(destination, part)];
    if (there && here) return part === path ? 'both' : undefined;
    return there ? 'source' : here ? 'destination' : undefined;
  };
}

// A path may be written with dots inside its keys, so what it lies in is found by what there is.
function enclosing(path: string, exists: (path: string) => boolean): string {
  let part = path;
  while (!exists(part)) {
    const end = Math.max(part.lastIndexOf('.'), part.lastIndexOf('['));
    if (end <= 0) return path;
    part = part.slice(0, end);
  }
  return part;
}

function takeApart(fields: JsonObject, given?: number): { readonly levels: number; readonly parts: Parts } {
  const parts: Parts = new Map(Object.entries(fields));
  let level: Parts = parts;
  let levels = 1;
  while (levels < (given ?? MOST_LEVELS)) {
    const next = new Map([...level].flatMap(([path, value]) => inner(path, value)));
    if (next.size === 0 || (given === undefined && parts.size + next.size > MOST_PARTS)) break;
    for (const [path, value] of next) parts.set(path, value);
    level = next;
    levels += 1;
  }
  return { levels, parts };
}

function inner(path: string, value: Json): [string, Json][] {
  if (isObject(value)) return Object.entries(value).map(([key, one]) => [`${path}.${key}`, one]);
  return isArray(value) ? value.map((one, index) => [`${path}[${index}]`, one]) : [];
}

function hashOf(path: string, value?: Json): string {
  const hash = createHash('sha256').update(JSON.stringify(path));
  if (value !== undefined) hash.update(canonicalJson(value));
  return hash.digest().subarray(0, HASH_BYTES).toString('base64url');
}
