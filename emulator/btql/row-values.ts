import { formatInstant } from '../rows/instant.ts';
import { paginationKeyText, xactText } from '../rows/row-cells.ts';
import type { RowContainer } from '../rows/row-container.ts';
import { classifyName, OTHER } from '../rows/row-field.ts';
import { WHOLE } from '../rows/row-head.ts';
import { RowScanner } from '../rows/scan-row.ts';

/** What an expression can ask of the row at hand. */
export interface RowValues {
  /** The value at a path as JSON text; undefined when there is none. */
  text(path: readonly string[]): string | undefined;
  /** The whole row as JSON text. */
  whole(): string;
}

/** Names that stand for a path elsewhere in the row. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = { name: ['span_attributes', 'name'] };

function resolvePath(path: readonly string[]): readonly string[] {
  const [head = '', ...rest] = path;
  const synonym = SYNONYMS[head];
  return synonym === undefined ? path : [...synonym, ...rest];
}

/**
 * Reads members out of the stored bytes of one row after another; only what is asked for is ever cut out, and what the
 * container keeps beside the bytes does not touch them.
 */
export class StoredRowValues implements RowValues {
  readonly #row = new RowScanner();
  readonly #inner = new RowScanner();
  #container: RowContainer | null = null;
  #slot = -1;
  #bytes: Buffer | null = null;

  load(container: RowContainer, slot: number): this {
    this.#container = container;
    this.#slot = slot;
    this.#bytes = null;
    return this;
  }

  text(path: readonly string[]): string | undefined {
    const [head = '', ...rest] = resolvePath(path);
    const kept = rest.length === 0 && this.#container !== null ? columnText(this.#container, this.#slot, head) : null;
    return kept ?? this.#memberText(this.#scanned(), head, rest);
  }

  whole(): string {
    return this.#scanned().toString('utf8');
  }

  #scanned(): Buffer {
    if (this.#bytes !== null) return this.#bytes;
    const bytes = this.#container?.bytesOf(this.#slot) ?? Buffer.from('{}');
    this.#row.scan(bytes, 0);
    this.#bytes = bytes;
    return bytes;
  }

  #memberText(bytes: Buffer, head: string, rest: readonly string[]): string | undefined {
    let member = findMember(this.#row, bytes, head);
    if (member === -1) return undefined;
    let start = this.#row.valueStart[member] as number;
    let end = this.#row.end[member] as number;
    for (const [depth, name] of rest.entries()) {
      if (bytes[start] === 0x5b && /^\d+$/.test(name)) return elementText(bytes, start, end, rest.slice(depth));
      if (bytes[start] !== 0x7b) return undefined;
      this.#inner.scan(bytes, start);
      member = findMember(this.#inner, bytes, name);
      if (member === -1) return undefined;
      start = this.#inner.valueStart[member] as number;
      end = this.#inner.end[member] as number;
    }
    return bytes.toString('utf8', start, end);
  }
}

/** JSON text of a column that is kept beside the bytes; null for others. */
function columnText(container: RowContainer, slot: number, name: string): string | null {
  const { columns, ref } = container;
  switch (name) {
    case 'id':
      return container.idOf(slot);
    case '_xact_id':
      return `"${xactText(columns.xact[slot] as number)}"`;
    case '_pagination_key': {
      const high = columns.keyHigh[slot] as number;
      return Number.isFinite(high) ? `"${paginationKeyText(high, columns.keyLow[slot] as number)}"` : 'null';
    }
    case 'created':
      return `"${formatInstant(columns.created[slot] as number)}"`;
    case 'comments':
    case 'classifications':
    case '_async_scoring_state':
      // What the server adds to a row later is in its bytes; before that there is none of it.
      return columns.shape[slot] === WHOLE ? null : 'null';
    case 'project_id':
      return JSON.stringify(ref.projectId);
    case 'experiment_id':
    case 'dataset_id':
      return ref.type === name.slice(0, -3) ? JSON.stringify(ref.id) : null;
    default:
      return null;
  }
}

/** Rows that are kept as objects, such as prompts. */
export class ObjectRowValues implements RowValues {
  readonly #row: Readonly<Record<string, unknown>>;

  constructor(row: Readonly<Record<string, unknown>>) {
    this.#row = row;
  }

  text(path: readonly string[]): string | undefined {
    const value = valueAt(this.#row, path);
    return value === undefined ? undefined : JSON.stringify(value);
  }

  whole(): string {
    return JSON.stringify(this.#row);
  }
}

/** Arrays on a path are rare enough to be parsed. */
function elementText(bytes: Buffer, start: number, end: number, path: readonly string[]): string | undefined {
  const value = valueAt(JSON.parse(bytes.toString('utf8', start, end)), path);
  return value === undefined ? undefined : JSON.stringify(value);
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const name of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function findMember(scanner: RowScanner, bytes: Buffer, name: string): number {
  const field = classifyName(name);
  if (field !== OTHER) return scanner.indexOf(field);
  const wanted = JSON.stringify(name);
  for (let n = scanner.count - 1; n >= 0; n--) {
    if (scanner.field[n] !== OTHER) continue;
    const key = bytes.toString('utf8', scanner.start[n], scanner.keyEnd[n]);
    if (key === wanted || (key.includes('\\') && JSON.parse(key) === name)) return n;
  }
  return -1;
}
