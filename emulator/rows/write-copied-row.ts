import type { CopyFinder } from './copy-finder.ts';
import type { RowContainer } from './row-container.ts';
import { fieldNumber } from './row-field.ts';
import { ROOT_MINTED, SPAN_MINTED, WHOLE } from './row-head.ts';
import type { RowScanner } from './scan-row.ts';
import { isNullMember, sentCreated } from './sent-created.ts';
import type { WriteStamp } from './write-stamp.ts';

const CREATED = fieldNumber('created');
/** Shapes of rows that show other user columns than their stored bytes hold. */
const UNLIKE_SENT = SPAN_MINTED | ROOT_MINTED | WHOLE;

/**
 * Stores a row that was found to be a copy (`scanner.copy`): its bytes are those of the row that it is a copy of. False,
 * and nothing done, where the row is not new, or where it has more than the copied bytes and what a row's head shows.
 */
export function writeCopiedRow(
  container: RowContainer,
  stamp: WriteStamp,
  index: number,
  bytes: Buffer,
  scanner: RowScanner,
  honourCreated: boolean,
): boolean {
  const { segments, kept, heads } = container;
  const { served } = segments;
  const { place, idHash, before, behind } = scanner.copy as CopyFinder;
  const shape = served.shapeAt(place);
  if (served.typeAt(place) !== container.typeNumber || (shape & UNLIKE_SENT) !== 0) return false;
  let created = stamp.now;
  // Nulls in front of the bytes are shown by the head just as well, in ascending order of their bits.
  let cut = 0;
  for (let n = 0; n < scanner.count; n++) {
    // What the copied members are is known.
    if (n === before) n = behind;
    if (n === scanner.count) break;
    const field = scanner.field[n] as number;
    if (kept[field] === 1) {
      const bit = heads.bits[field] as number;
      if (n > before || bit <= cut || !isNullMember(bytes, scanner, n)) return false;
      cut |= bit;
    } else if (field === CREATED && honourCreated) created = sentCreated(bytes, scanner, n) ?? created;
  }
  if ((shape & cut) !== 0) return false;
  const segment = served.segmentAt(place);
  const offset = served.offsetAt(place);
  const idStart = served.idStartAt(place);
  const stored = segments.segment(segment);
  const idSize = served.idSizeAt(place);
  const idAt = offset + idStart;
  if (container.find(stored, idAt + 1, idAt + idSize - 1, idHash) !== -1) return false;
  container.commit(
    {
      shape,
      segment,
      offset,
      size: served.sizeAt(place),
      idStart,
      idSize,
      idHash,
      xact: stamp.xact,
      keyHigh: stamp.xact,
      keyLow: index,
      created,
    },
    -1,
  );
  return true;
}
