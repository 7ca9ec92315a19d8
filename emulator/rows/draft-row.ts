import { randomUUID } from 'node:crypto';
import type { ContainerRef } from './container-ref.ts';
import { formatInstant, parseInstant } from './instant.ts';
import { deleteFromArrays, mergeRow, readArrayDeletes, readMergePaths } from './merge-row.ts';
import { normaliseValue } from './normalise-value.ts';
import {
  decodeRaw,
  encodeRaw,
  parseRawArray,
  printRawObject,
  type RawJson,
  type RawObject,
  setRaw,
} from './raw-object.ts';
import { classifyName } from './row-field.ts';
import { InvalidRowError } from './row-limits.ts';
import { auditEntry, nullableColumns, type OwnedValues, ownedColumns } from './row-shape.ts';
import type { WriteStamp } from './write-stamp.ts';

/** The version of a row that a write starts from. */
export interface RowVersion {
  readonly members: RawObject;
  readonly created: number;
  readonly paginationKey: string | null;
}

/** What a write makes of a row: its stored text and `created`. */
export interface DraftRow {
  readonly text: Buffer;
  readonly created: number;
}

/** Everything that a write of one row depends on. */
export interface WriteContext {
  readonly ref: ContainerRef;
  /** See `keptFields`. */
  readonly kept: Uint8Array;
  readonly stamp: WriteStamp;
  readonly mode: 'verbatim' | 'normalised';
  readonly honourCreated: boolean;
  /** The row that a `_parent_id` names. */
  readonly parent: (id: string) => RawObject | null;
}

/**
 * Works out what a write leaves of a row: plain replace, or deep merge with `_is_merge` (fact sheet 4.4). `change` holds
 * the members as sent, control keys included; `paginationKey` is the key of the row if it is new.
 * Throws InvalidRowError.
 */
export function draftRow(
  context: WriteContext,
  existing: RowVersion | null,
  change: RawObject,
  paginationKey: string | null,
): DraftRow {
  const base = change.get('_is_merge')?.value === 'true' ? existing : null;
  const sent = userMembers(change, context.kept);
  const row = base === null ? new Map(sent) : userMembers(base.members, context.kept);
  if (base !== null) mergeRow(row, sent, readMergePaths(change.get('_merge_paths')?.value));
  deleteFromArrays(row, readArrayDeletes(change.get('_array_delete')?.value));
  if (existing !== null) inheritSpan(row, existing.members);
  applyParent(row, change, context.parent);
  mintSpan(row);
  const created = base?.created ?? createdOf(existing, change, context);
  const owned = ownedColumns(context.ref, {
    paginationKey: existing === null ? paginationKey : existing.paginationKey,
    xactId: context.stamp.xactText,
    created: formatInstant(created),
    isRoot: isRoot(row),
    auditData: auditData(existing, change, context.stamp, base !== null),
    ...keptOwned(existing?.members),
  });
  return { text: printRow(context, owned, row), created };
}

/** The same row with another list of comments. */
export function draftComments(context: WriteContext, existing: RowVersion, comments: RawJson): DraftRow {
  const row = userMembers(existing.members, context.kept);
  const owned = ownedColumns(context.ref, {
    paginationKey: existing.paginationKey,
    xactId: context.stamp.xactText,
    created: formatInstant(existing.created),
    isRoot: isRoot(row),
    auditData: existing.members.get('audit_data')?.value ?? 'null',
    ...keptOwned(existing.members),
    comments,
  });
  return { text: printRow(context, owned, row), created: existing.created };
}

/** The server-owned columns that outlive a write. */
function keptOwned(
  members: RawObject | undefined,
): Pick<OwnedValues, 'comments' | 'classifications' | 'asyncScoringState'> {
  const value = (name: string): RawJson => members?.get(name)?.value ?? 'null';
  return {
    comments: value('comments'),
    classifications: value('classifications'),
    asyncScoringState: value('_async_scoring_state'),
  };
}

/** A row as it is given, server-owned columns included: for rows that are planted, not written. */
export function plantRow(
  context: WriteContext,
  given: RawObject,
  paginationKey: string | null,
  created: number,
): Buffer {
  const row = userMembers(given, context.kept);
  mintSpan(row);
  const owned = ownedColumns(context.ref, {
    paginationKey,
    xactId: context.stamp.xactText,
    created: formatInstant(created),
    isRoot: isRoot(row),
    auditData: given.get('audit_data')?.value ?? auditData(null, given, context.stamp, false),
    ...keptOwned(given),
  });
  return printRow(context, owned, row);
}

function userMembers(members: RawObject, kept: Uint8Array): RawObject {
  return new Map([...members].filter(([name]) => kept[classifyName(name)] === 1));
}

function printRow(context: WriteContext, owned: [string, string][], row: RawObject): Buffer {
  const all: RawObject = new Map(owned.map(([name, value]) => [name, { key: `"${name}"`, value }]));
  for (const name of nullableColumns(context.ref.type)) if (!row.has(name)) setRaw(all, name, 'null');
  for (const [name, member] of row) all.set(name, member);
  if (context.mode === 'verbatim') return Buffer.from(printRawObject(all), 'latin1');
  const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const entry of sorted) if (row.has(entry[0])) entry[1] = normaliseMember(entry[1]);
  return Buffer.from(printRawObject(new Map(sorted)), 'latin1');
}

function normaliseMember(member: { key: RawJson; value: RawJson }): { key: RawJson; value: RawJson } {
  return { key: member.key, value: encodeRaw(normaliseValue(decodeRaw(member.value))) };
}

function inheritSpan(row: RawObject, existing: RawObject): void {
  for (const name of ['span_id', 'root_span_id']) {
    const member = existing.get(name);
    if (member !== undefined && isAbsent(row, name)) row.set(name, member);
  }
}

function applyParent(row: RawObject, change: RawObject, parent: WriteContext['parent']): void {
  const named = change.get('_parent_id');
  if (named === undefined || named.value === 'null') return;
  const found = parent(String(decodeRaw(named.value)));
  if (found === null) throw new InvalidRowError(`_parent_id ${named.value} names no row`);
  setRaw(row, 'span_parents', `[${found.get('span_id')?.value ?? 'null'}]`);
  setRaw(row, 'root_span_id', found.get('root_span_id')?.value ?? 'null');
}

function mintSpan(row: RawObject): void {
  if (isAbsent(row, 'id')) setRaw(row, 'id', `"${randomUUID()}"`);
  if (isAbsent(row, 'span_id')) {
    const fresh = `"${randomUUID()}"`;
    setRaw(row, 'span_id', fresh);
  }
  if (isAbsent(row, 'root_span_id')) setRaw(row, 'root_span_id', row.get('span_id')?.value ?? 'null');
}

function isAbsent(row: RawObject, name: string): boolean {
  const value = row.get(name)?.value;
  return value === undefined || value === 'null';
}

function isRoot(row: RawObject): boolean {
  const parents = row.get('span_parents')?.value;
  return parents === undefined || parents === 'null' || /^\[\s*\]$/.test(parents);
}

function createdOf(existing: RowVersion | null, change: RawObject, context: WriteContext): number {
  const sent = change.get('created')?.value;
  if (sent === undefined || sent === 'null' || !context.honourCreated) return existing?.created ?? context.stamp.now;
  const instant = Math.floor(parseInstant(String(decodeRaw(sent))));
  if (Number.isNaN(instant)) throw new InvalidRowError('created must be a timestamp');
  return instant;
}

function auditData(existing: RowVersion | null, change: RawObject, stamp: WriteStamp, merged: boolean): RawJson {
  const source = change.get('_audit_source')?.value ?? '"api"';
  const metadata = change.get('_audit_metadata')?.value ?? '{}';
  const entry = auditEntry(stamp.xactText, merged ? 'merge' : 'upsert', source, metadata === 'null' ? '{}' : metadata);
  const before = existing === null ? null : parseRawArray(existing.members.get('audit_data')?.value ?? 'null');
  return `[${[...(before ?? []), entry].join(',')}]`;
}
