import type { RowVersion, WriteContext } from './draft-row.ts';
import { draftComments, draftRow, plantRow } from './draft-row.ts';
import { hashId } from './id-index.ts';
import { decodeRaw, encodeRaw, membersOf, parseRawArray, type RawJson, type RawObject } from './raw-object.ts';
import { paginationKeyText } from './row-cells.ts';
import type { RowContainer } from './row-container.ts';
import { FIRST_CONTROL, FIRST_OWNED, fieldNumber, OTHER } from './row-field.ts';
import { InvalidRowError, TooLargeError } from './row-limits.ts';
import type { RowSwitches } from './row-switches.ts';
import { RowScanner } from './scan-row.ts';
import { writeCopiedRow } from './write-copied-row.ts';
import { PlainRowWriter } from './write-plain-row.ts';
import type { WriteStamp } from './write-stamp.ts';

const ID = fieldNumber('id');
const SPAN_ID = fieldNumber('span_id');
const ROOT_SPAN_ID = fieldNumber('root_span_id');
const IS_MERGE = fieldNumber('_is_merge');
const OBJECT_DELETE = fieldNumber('_object_delete');
const SKIP_SCORING = fieldNumber('_skip_async_scoring');
const SCORING_CONTROL = fieldNumber('_async_scoring_control');
const FIRST_REFUSABLE = fieldNumber('is_root');
const LAST_REFUSABLE = fieldNumber('_async_scoring_state');
const QUOTE = 0x22;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;

/** A row that somebody puts into a container with its history, keys and times given. */
export interface PlantedRow {
  readonly text: Buffer;
  /** `text` is the row as the service stores it, to be kept byte for byte. */
  readonly isStored: boolean;
  readonly isDeleted: boolean;
  readonly xact: number;
  readonly keyHigh: number;
  readonly keyLow: number;
  readonly created: number;
}

/** Writes scanned rows into containers: plain ones as bytes, everything else by working out the new version. */
export class RowWriter {
  readonly #switches: RowSwitches;
  readonly #plain: PlainRowWriter;
  readonly #stored = new RowScanner();

  constructor(switches: RowSwitches) {
    this.#switches = switches;
    this.#plain = new PlainRowWriter(switches.createdHonoured);
  }

  /**
   * Writes the row that `scanner` has just scanned in `bytes` as row number `index` of the transaction; answers the JSON
   * text of its id, null when that is the id of the version that was added last.
   * Throws InvalidRowError, TooLargeError.
   */
  write(container: RowContainer, stamp: WriteStamp, index: number, bytes: Buffer, scanner: RowScanner): RawJson | null {
    if (scanner.isCopy) {
      if (this.#writeCopy(container, stamp, index, bytes, scanner)) return null;
      scanner.scanWhole(bytes);
    }
    let id = -1;
    let isPlain = this.#switches.rowMode === 'verbatim';
    for (let n = 0; n < scanner.count; n++) {
      const field = scanner.field[n] as number;
      if (field === OTHER || (field > ROOT_SPAN_ID && field < FIRST_OWNED)) continue;
      if (field === ID) id = n;
      const first = bytes[scanner.valueStart[n] as number];
      if (field >= FIRST_CONTROL) {
        if ((field === IS_MERGE || field === OBJECT_DELETE) && first === LETTER_F) continue;
        isPlain = false;
      } else if (field >= FIRST_OWNED) this.#checkOwned(field, first);
      if (first === LETTER_N && (field === ID || field === SPAN_ID || field === ROOT_SPAN_ID)) isPlain = false;
    }
    if (id !== -1 && bytes[scanner.valueStart[id] as number] !== QUOTE) {
      if (bytes[scanner.valueStart[id] as number] !== LETTER_N) throw new InvalidRowError('id must be a string');
      id = -1;
    }
    if (id === -1) {
      if (!isPlain) return this.#writeGeneral(container, stamp, index, membersOf(bytes, scanner), -1);
      this.#plain.write(container, stamp, index, bytes, scanner, -1, 0);
      return null;
    }
    const start = (scanner.valueStart[id] as number) + 1;
    const end = (scanner.end[id] as number) - 1;
    const hash = hashId(bytes, start, end);
    const older = container.find(bytes, start, end, hash);
    if (!isPlain || older !== -1) return this.#writeGeneral(container, stamp, index, membersOf(bytes, scanner), older);
    this.#plain.write(container, stamp, index, bytes, scanner, id, hash);
    return null;
  }

  /** False, and nothing done, when a copy is not to be stored as what it is a copy of. */
  #writeCopy(container: RowContainer, stamp: WriteStamp, index: number, bytes: Buffer, scanner: RowScanner): boolean {
    if (this.#switches.rowMode !== 'verbatim') return false;
    for (let n = 0; n < scanner.count; n++) {
      const field = scanner.field[n] as number;
      // Copied members are none of these.
      if (field < FIRST_OWNED || field === OTHER) continue;
      if (field >= FIRST_CONTROL) return false;
      this.#checkOwned(field, bytes[scanner.valueStart[n] as number]);
    }
    return writeCopiedRow(container, stamp, index, bytes, scanner, this.#switches.createdHonoured);
  }

  /** The members of a stored version. */
  read(container: RowContainer, slot: number): RawObject {
    const bytes = container.bytesOf(slot);
    this.#stored.scan(bytes, 0);
    return membersOf(bytes, this.#stored);
  }

  /**
   * Places a row that is given with its server-owned columns, or as bytes that already are a stored row.
   * Throws InvalidRowError for a row without an id of its own.
   */
  plant(container: RowContainer, stamp: WriteStamp, given: PlantedRow): void {
    const { text } = given;
    this.#stored.scan(text, 0);
    const members = membersOf(text, this.#stored);
    const key = Number.isFinite(given.keyHigh) ? paginationKeyText(given.keyHigh, given.keyLow) : null;
    const stored = given.isStored ? text : plantRow(this.#context(container, stamp), members, key, given.created);
    this.#place(container, stored, given);
    if (given.isDeleted) container.markDeleted(container.columns.length - 1);
  }

  #checkOwned(field: number, first: number | undefined): void {
    if (first === LETTER_N) return;
    if ((field === SKIP_SCORING || field === SCORING_CONTROL) && this.#switches.skipAsyncScoring === 'reject') {
      throw new InvalidRowError('Async scoring can only be controlled by the service itself');
    }
    if (field >= FIRST_REFUSABLE && field <= LAST_REFUSABLE && this.#switches.ownedColumns === 'reject') {
      throw new InvalidRowError('A row holds a column that only the service may write');
    }
  }

  #writeGeneral(container: RowContainer, stamp: WriteStamp, index: number, change: RawObject, newest: number): RawJson {
    if (change.get('comment') !== undefined) return this.#writeComment(container, stamp, change);
    const older = container.isLive(newest) ? newest : -1;
    const id = change.get('id')?.value ?? 'null';
    if (change.get('_object_delete')?.value === 'true') {
      if (older !== -1) this.#delete(container, stamp, older, id);
      return id;
    }
    const existing = older === -1 ? null : this.#version(container, older);
    const draft = draftRow(this.#context(container, stamp), existing, change, paginationKeyText(stamp.xact, index));
    return this.#commit(container, draft.text, draft.created, stamp, index, newest);
  }

  #context(container: RowContainer, stamp: WriteStamp): WriteContext {
    return {
      ref: container.ref,
      kept: container.kept,
      stamp,
      mode: this.#switches.rowMode,
      honourCreated: this.#switches.createdHonoured,
      parent: (id) => {
        const slot = container.findId(id);
        return container.isLive(slot) ? this.read(container, slot) : null;
      },
    };
  }

  #version(container: RowContainer, slot: number): RowVersion {
    const { columns } = container;
    const high = columns.keyHigh[slot] as number;
    return {
      members: this.read(container, slot),
      created: columns.created[slot] as number,
      paginationKey: Number.isFinite(high) ? paginationKeyText(high, columns.keyLow[slot] as number) : null,
    };
  }

  /** A comment is a row of its own that names its target in `origin.id`; it is shown in the target's `comments` (fact sheet 4.6). */
  #writeComment(container: RowContainer, stamp: WriteStamp, change: RawObject): RawJson {
    const id = change.get('id')?.value ?? 'null';
    const origin = decodeRaw(change.get('origin')?.value ?? 'null') as { id?: unknown } | null;
    if (typeof origin?.id !== 'string') throw new InvalidRowError('A comment needs origin.id');
    const newest = container.findId(origin.id);
    if (!container.isLive(newest)) return id;
    const version = this.#version(container, newest);
    const others = (parseRawArray(version.members.get('comments')?.value ?? 'null') ?? []).filter(
      (comment) => encodeRaw((decodeRaw(comment) as { id?: unknown }).id) !== id,
    );
    if (change.get('_object_delete')?.value !== 'true') others.push(commentText(id, stamp, change));
    const draft = draftComments(this.#context(container, stamp), version, `[${others.join(',')}]`);
    this.#commit(container, draft.text, draft.created, stamp, 0, newest);
    return id;
  }

  #delete(container: RowContainer, stamp: WriteStamp, older: number, id: RawJson): void {
    const created = container.columns.created[older] as number;
    this.#commit(container, Buffer.from(`{"id":${id}}`, 'latin1'), created, stamp, 0, older);
    container.markDeleted(container.columns.length - 1);
  }

  /** `newest` is what `find` gave: the place and key of a live row stay, a deleted one comes back as a new row. */
  #commit(
    container: RowContainer,
    text: Buffer,
    created: number,
    stamp: WriteStamp,
    index: number,
    newest: number,
  ): RawJson {
    if (text.length > this.#switches.maxRowBytes) throw new TooLargeError('A row is too large');
    const key = container.isLive(newest) ? container.keyOf(newest) : { keyHigh: stamp.xact, keyLow: index };
    return this.#place(container, text, { xact: stamp.xact, ...key, created });
  }

  #place(
    container: RowContainer,
    text: Buffer,
    columns: { readonly xact: number; readonly keyHigh: number; readonly keyLow: number; readonly created: number },
  ): RawJson {
    this.#stored.scan(text, 0);
    const id = this.#stored.indexOf(ID);
    if (id === -1) throw new InvalidRowError('A row has no id');
    const start = this.#stored.valueStart[id] as number;
    const end = this.#stored.end[id] as number;
    const idHash = hashId(text, start + 1, end - 1);
    const { xact, keyHigh, keyLow, created } = columns;
    container.commit(
      { ...container.append(text), idStart: start, idSize: end - start, idHash, xact, keyHigh, keyLow, created },
      container.find(text, start + 1, end - 1, idHash),
    );
    return text.toString('latin1', start, end);
  }
}

function commentText(id: RawJson, stamp: WriteStamp, change: RawObject): RawJson {
  const columns: [string, RawJson | undefined][] = [
    ['_xact_id', `"${stamp.xactText}"`],
    ['comment', change.get('comment')?.value],
    ['created', change.get('created')?.value ?? JSON.stringify(new Date(stamp.now).toISOString())],
    ['id', id],
    ['metadata', change.get('_audit_metadata')?.value ?? '{}'],
    ['origin', change.get('origin')?.value],
    ['source', change.get('_audit_source')?.value ?? '"api"'],
  ];
  return `{${columns.map(([name, value]) => `"${name}":${value ?? 'null'}`).join(',')}}`;
}
