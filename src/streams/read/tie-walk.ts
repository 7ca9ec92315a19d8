import type { Container } from '../../domain/row-io.ts';
import type { Fetch, NewRows, PageShape } from './fetch-page.ts';
import { withoutRows } from './part-of-page.ts';
import { readMark } from './row-mark.ts';

/**
 * Reads the rows that share one key (null: those without one) in order of id, for when a page cannot hold them all or may
 * have kept some back.
 *
 * One container after the other, because two of them may use the same id. Each is read behind the last id until an empty
 * page. A server that repeats rows more often than it can in order of id ends it too, so that it cannot keep us for ever.
 */
export class TieWalk {
  private readonly key: string | null;
  private readonly shape: PageShape;
  private readonly seen: Set<string>;
  private readonly left: Container[];
  private idAfter: string | null = null;
  /** Rows that may still come although they were delivered before: each of them once. */
  private repeats: number;

  /** @param seen names of rows that were delivered; grows */
  constructor(key: string | null, shape: PageShape, seen: Set<string>) {
    this.key = key;
    this.shape = shape;
    this.left = [...shape.containers];
    this.seen = seen;
    this.repeats = seen.size;
  }

  get ended(): boolean {
    return this.left.length === 0;
  }

  /** Asks for one page. Must not be called again before it is answered. Throws what `fetch` throws. */
  async step(fetch: Fetch): Promise<NewRows> {
    const [container] = this.left;
    if (container === undefined) throw new Error('the walk has ended');
    const { page, asked, unserved, recycle } = await fetch({
      ...this.shape,
      containers: [container],
      start: { at: 'among_ties', key: this.key, idAfter: this.idAfter },
    });
    const known = new Set<number>();
    let last: string | null = null;
    for (let n = 0; n < page.count; n++) {
      const { id, name } = readMark(page, n, container.stream);
      if (this.seen.has(name)) known.add(n);
      this.seen.add(name);
      last = id ?? last;
    }
    this.repeats -= known.size;
    if (last !== null && this.repeats >= 0) this.idAfter = last;
    else {
      this.left.shift();
      this.idAfter = null;
    }
    return { page: withoutRows(page, known), completeUpTo: null, read: page.count, asked, unserved, recycle };
  }
}
