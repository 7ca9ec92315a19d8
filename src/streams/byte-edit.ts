/** Bytes to put in place of `start..end`. */
export interface ByteEdit {
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
}

const NOTHING = Buffer.alloc(0);

export function removal(start: number, end: number): ByteEdit {
  return { start, end, bytes: NOTHING };
}

/** Puts a text between the quotes of a JSON string. */
export function textEdit(start: number, end: number, text: string): ByteEdit {
  return { start, end, bytes: Buffer.from(JSON.stringify(text).slice(1, -1)) };
}

/** Bytes that a row gains by its edits; negative when it gets shorter. */
export function editGrowth(edits: readonly ByteEdit[]): number {
  return edits.reduce((sum, { start, end, bytes }) => sum + bytes.length - (end - start), 0);
}

/**
 * Applies edits, which must not overlap, to the row in `target[start..end)` where it stands; answers its new end.
 * The target needs room for `editGrowth` more bytes.
 */
export function applyEdits(target: Buffer, start: number, end: number, edits: readonly ByteEdit[]): number {
  if (end + editGrowth(edits) > target.length) throw new RangeError('The target is too small for the edited row');
  const sorted = edits.toSorted((a, b) => a.start - b.start);
  const row = target.subarray(start, end);
  // Bytes only ever move to the left unless an edit has more of them than it replaces; then they are copied first.
  const before = sorted.some((edit) => edit.bytes.length > edit.end - edit.start) ? Buffer.from(row) : row;
  let copied = start;
  let out = start;
  for (const edit of sorted) {
    out += before.copy(target, out, copied - start, edit.start - start);
    out += edit.bytes.copy(target, out);
    copied = edit.end;
  }
  return out + before.copy(target, out, copied - start);
}
