import { type ByteEdit, textEdit } from './byte-edit.ts';
import { lastMember, quoted, readMembers, removeMembers, textOf } from './object-members.ts';
import { type ReferenceLookup, type ReferenceTally, type RowReferences, resolveReference } from './reference-lookup.ts';

const OBJECT_TYPE = quoted('object_type');
const OBJECT_ID = quoted('object_id');
const XACT_ID = quoted('_xact_id');
const LETTER_N = 0x6e;

/**
 * Points `origin` (fact sheet 3.2), the object at `at`, to the destination: `object_id` by `object_type`. The row id in it
 * survives, because rows keep their ids; `_xact_id` is a transaction of the source and is taken out. An object that the
 * destination does not have keeps its source id: where a row came from is information, an invented origin would be a lie.
 * Throws MalformedJsonError.
 */
export function remapOrigin(
  bytes: Buffer,
  at: number,
  lookup: ReferenceLookup,
  tally: ReferenceTally,
  row: RowReferences,
): ByteEdit[] {
  const members = readMembers(bytes, at);
  const objectType = textOf(bytes, lastMember(bytes, members, OBJECT_TYPE)?.value) ?? 'unknown';
  const type = objectType === 'project_logs' ? 'project' : objectType;
  const objectId = lastMember(bytes, members, OBJECT_ID)?.value;
  const pin = lastMember(bytes, members, XACT_ID);
  const edits: ByteEdit[] = [];
  if (lookup.keepsPins !== true && pin !== undefined && bytes[pin.value.start] !== LETTER_N) {
    edits.push(...removeMembers(bytes, members, XACT_ID));
    tally.droppedPins++;
  }
  const sourceId = textOf(bytes, objectId);
  if (objectId === undefined || sourceId === undefined) return edits;
  const found = resolveReference({ type, sourceId }, lookup, tally, row);
  if (found !== undefined) edits.push(textEdit(objectId.start + 1, objectId.end - 1, found));
  return edits;
}
