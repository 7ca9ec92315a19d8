import { type ByteEdit, textEdit } from './byte-edit.ts';
import { OPEN_BRACE, OPEN_BRACKET } from './json-bytes.ts';
import {
  type ByteRange,
  lastMember,
  quoted,
  readElements,
  readMembers,
  removeMembers,
  textOf,
} from './object-members.ts';
import { type ReferenceLookup, type ReferenceTally, type RowReferences, resolveReference } from './reference-lookup.ts';
import { ASSIGNMENTS, PROMPT } from './scan-metadata.ts';

const ID = quoted('id');
const PROJECT_ID = quoted('project_id');
const VERSION = quoted('version');
/** A transaction id in decimal or in its pretty form (fact sheet 4.2). */
const XACT = /^(?:\d{15,20}|[0-9a-f]{16})$/;

/**
 * Points what `metadata`, the object at `at`, refers to (fact sheet 3.2) to the destination: the prompt that made a span,
 * and the people that a span is assigned to. Throws MalformedJsonError.
 */
export function remapMetadata(
  bytes: Buffer,
  at: number,
  lookup: ReferenceLookup,
  tally: ReferenceTally,
  row: RowReferences,
): ByteEdit[] {
  const members = readMembers(bytes, at);
  const prompt = lastMember(bytes, members, PROMPT)?.value;
  const assigned = lastMember(bytes, members, ASSIGNMENTS)?.value;
  const edits: ByteEdit[] = [];
  if (prompt !== undefined && bytes[prompt.start] === OPEN_BRACE)
    remapPrompt(bytes, prompt.start, lookup, tally, row, edits);
  if (assigned !== undefined && bytes[assigned.start] === OPEN_BRACKET) {
    for (const user of readElements(bytes, assigned.start)) remapId(bytes, user, 'user', lookup, tally, row, edits);
  }
  return edits;
}

/**
 * Metadata is user data and `prompt` an ordinary word, so only what the SDKs write is touched: an object with both ids,
 * at least one of which the destination knows. Its version goes too, when it is a transaction id.
 */
function remapPrompt(
  bytes: Buffer,
  at: number,
  lookup: ReferenceLookup,
  tally: ReferenceTally,
  row: RowReferences,
  edits: ByteEdit[],
): void {
  const members = readMembers(bytes, at);
  const id = lastMember(bytes, members, ID)?.value;
  const project = lastMember(bytes, members, PROJECT_ID)?.value;
  if (textOf(bytes, id) === undefined || textOf(bytes, project) === undefined) return;
  const before = edits.length;
  remapId(bytes, id, 'prompt', lookup, tally, row, edits);
  remapId(bytes, project, 'project', lookup, tally, row, edits);
  if (edits.length === before) return;
  const version = lastMember(bytes, members, VERSION)?.value;
  if (!XACT.test(textOf(bytes, version) ?? '')) return;
  edits.push(...removeMembers(bytes, members, VERSION));
  tally.droppedPins++;
}

function remapId(
  bytes: Buffer,
  value: ByteRange | undefined,
  type: string,
  lookup: ReferenceLookup,
  tally: ReferenceTally,
  row: RowReferences,
  edits: ByteEdit[],
): void {
  const sourceId = textOf(bytes, value);
  if (value === undefined || sourceId === undefined) return;
  const found = resolveReference({ type, sourceId }, lookup, tally, row);
  if (found !== undefined) edits.push(textEdit(value.start + 1, value.end - 1, found));
}
