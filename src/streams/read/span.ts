import type { PageStart, RowId } from '../../domain/row-io.ts';
import type { RowPage } from '../../domain/stream.ts';
import { MalformedJsonError } from '../json-bytes.ts';
import type { Fetch, NewRows, PageShape } from './fetch-page.ts';
import { partOfPage, withoutRows } from './part-of-page.ts';
import { type RowMark, readMark } from './row-mark.ts';
import { TieWalk } from './tie-walk.ts';

/** Where a span starts: at a key with its rows, or behind it. */
export interface SpanStart {
  readonly key: string;
  readonly at: 'at_key' | 'after_key';
}

/**
 * Consecutive rows by key, read one page after another: from `start` up to, but without, the key `to`.
 *
 * States and what moves between them; `key` is the last key that was answered, `seen` its rows:
 * - `at_key`: asks for rows from `key` on, because a page may end between two rows that share it.
 *   Rows behind `key` → `at_key` of the last one. Only rows of `key`, some of them new → `among_ties`: there are more than a
 *   page holds. Only rows that were seen → `among_ties`, because a page may be cut short anywhere. Nothing → `ended`.
 * - `among_ties`: walks the rows of `key` by id to an empty page → `after_key`.
 * - `after_key`: asks for rows behind `key`. Rows → `at_key`. Nothing → `ended`.
 * - `ended`: an empty page, or a row with a key from `to` on, proved that nothing is left. A short page proves nothing.
 *
 * A row that cannot be read has no key: it is answered where it stands and does not move `key`. One that the server does not
 * give is answered by its names, and not asked for again with the others of its key.
 */
export class Span {
  readonly start: SpanStart;
  /** Exclusive; null: as far as there are rows. It may be set while a page is on its way. */
  to: string | null;
  private readonly shape: PageShape;
  private state: 'at_key' | 'among_ties' | 'after_key' | 'ended';
  private at: string;
  private seen = new Set<string>();
  /** Rows of `key` that the server does not give. */
  private unserved: readonly RowId[] = [];
  private walk: TieWalk | null = null;
  private untouched = true;

  constructor(shape: PageShape, start: SpanStart, to: string | null) {
    this.shape = shape;
    this.start = start;
    this.to = to;
    this.state = start.at;
    this.at = start.key;
  }

  get ended(): boolean {
    return this.state === 'ended';
  }

  /** True until the first page is asked for. */
  get unread(): boolean {
    return this.untouched;
  }

  /** The last key that was answered, or the one it starts at. */
  get key(): string {
    return this.at;
  }

  end(): void {
    this.state = 'ended';
  }

  /** Asks for one page. Must not be called again before it is answered. Throws what `fetch` throws. */
  async step(fetch: Fetch): Promise<NewRows> {
    this.untouched = false;
    if (this.state === 'among_ties') return this.stepAmongTies(fetch);
    const start: PageStart = { at: this.state === 'after_key' ? 'after_key' : 'at_key' };
    const { filter } = this.shape;
    const { page, asked, unserved, recycle } = await fetch({
      ...this.shape,
      without: this.unserved,
      filter: { ...filter, keyAfter: this.at, keyUpTo: this.to ?? filter.keyUpTo },
      start,
    });
    if (page.count === 0) this.end();
    const before = this.at;
    const taken = this.take(page);
    if (this.at !== before) this.unserved = [];
    if (unserved !== null) this.unserved = [...this.unserved, unserved.row];
    return { ...taken, read: page.count, asked, unserved, recycle };
  }

  private async stepAmongTies(fetch: Fetch): Promise<NewRows> {
    this.walk ??= new TieWalk(this.at, { ...this.shape, without: this.unserved }, this.seen);
    const rows = await this.walk.step(fetch);
    if (!this.walk.ended) return rows;
    this.walk = null;
    this.unserved = [];
    this.state = 'after_key';
    return { ...rows, completeUpTo: this.at };
  }

  /** Cuts what was answered before and what belongs to the next span, and moves on to the last row's key. */
  private take(whole: RowPage): Pick<NewRows, 'page' | 'completeUpTo'> {
    const mark = (n: number): RowMark => readMark(whole, n, this.stream);
    const end = this.to === null ? whole.count : firstFrom(whole.count, this.to, mark);
    const known = new Set<number>();
    for (let n = 0; n < end; n++) {
      const { key, name } = mark(n);
      if (key !== null && key < this.at) throw new MalformedJsonError(`The key ${key} comes behind ${this.at}`, 0);
      if (key !== null && key > this.at) break;
      if (this.seen.has(name)) known.add(n);
    }
    const page = withoutRows(partOfPage(whole, 0, end), known);
    const before = this.at;
    const completeUpTo = this.moveTo(end, mark);
    if (end < whole.count) this.end();
    if (this.state === 'ended') return { page, completeUpTo: this.at };
    if (this.at !== before) this.state = 'at_key';
    else if (this.state === 'at_key' && this.seen.size > 0) this.state = 'among_ties';
    else throw new MalformedJsonError(`No key leads on behind ${this.at}`, 0);
    return { page, completeUpTo };
  }

  /** Makes the last key of the rows before `end` the current one; answers up to which key they are complete. */
  private moveTo(end: number, mark: (n: number) => RowMark): string | null {
    let completeUpTo: string | null = null;
    let last: string | null = null;
    const names: string[] = [];
    for (let n = end - 1; n >= 0; n--) {
      const { key, name } = mark(n);
      last ??= key;
      if (key === last || key === null) names.push(name);
      else {
        completeUpTo = key;
        break;
      }
    }
    if (last === null) return null;
    if (last < this.at) throw new MalformedJsonError(`The key ${last} comes behind ${this.at}`, 0);
    if (last === this.at) for (const name of names) this.seen.add(name);
    else {
      completeUpTo ??= this.at;
      this.seen = new Set(names);
    }
    this.at = last;
    return completeUpTo;
  }

  private get stream() {
    return this.shape.containers[0].stream;
  }
}

/** Index of the first row with a key from `key` on. Rows are in order of keys, as far as they can be read. */
function firstFrom(count: number, key: string, mark: (n: number) => RowMark): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    let n = middle;
    let found = mark(n).key;
    while (found === null && n + 1 < high) found = mark(++n).key;
    if (found !== null && found < key) low = n + 1;
    else high = middle;
  }
  while (low < count && mark(low).key === null) low += 1;
  return low;
}
