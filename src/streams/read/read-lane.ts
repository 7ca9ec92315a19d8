import type { RowPage } from '../../domain/stream.ts';
import { type Fetch, fetchPage, type NewRows, type PageShape } from './fetch-page.ts';
import { chooseCuts, LOWEST_KEY, rowsPerSample, sampleSuffix } from './key-cuts.ts';
import { ReadDepth } from './read-depth.ts';
import type { ReadDeps, ReadPage, ReadRequest, UnservedRow } from './read-request.ts';
import { Span } from './span.ts';
import { TieWalk } from './tie-walk.ts';
import { fetchName } from './unserved-row.ts';
import { whenSent } from './when-sent.ts';

/** The documented page maximum (fact sheet 5.3). */
const PAGE_ROWS = 1000;
/** Bytes a page should not exceed, whatever the window: several are held at once. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** The same where the server limits requests: they count more than memory then, and only one page is read ahead. */
const LIMITED_PAGE_BYTES = 8 * 1024 * 1024;
/** What a page is taken to need before one was seen. */
const FIRST_PAGE_BYTES = 2 * 1024 * 1024;
/** Pages read at once, at most. */
const MOST_READS = 32;
/** Reads at once, and pages left, below which it is not worth finding out where to cut. */
const WORTH_CUTTING = 3;

interface Ready {
  readonly page: RowPage;
  readonly unserved: UnservedRow | null;
  readonly recycle: () => void;
  completeUpTo: string | null;
}

/** Rows that are read one page after another, and their pages that wait to be asked for. */
interface Part {
  readonly rows: Span | TieWalk;
  readonly ready: Ready[];
  reading: boolean;
}

/**
 * Reads ahead of whoever calls `next`.
 *
 * The rows are parts in order of keys: at first one, without an end. Of each part one page is read at a time; of several
 * parts, several. When more pages should be on their way, keys are sampled and the last part is cut at them; under a rate
 * limit what is not begun becomes one part again. Pages are answered in order of their parts, so only the first part can be
 * what the consumer waits for: its page may go beyond the window.
 *
 * It ends when every part has proved its end, or when exactly as many rows came as were counted and the last of them has
 * the greatest key. If rows are missing then, or nobody counted, those without a key are looked for.
 */
export class ReadLane {
  private readonly request: ReadRequest;
  private readonly deps: ReadDeps;
  private readonly shape: PageShape;
  private readonly depth = new ReadDepth(MOST_READS);
  private readonly parts: Part[];
  private keylessSought = false;
  private arrived = 0;
  private pageBytes = FIRST_PAGE_BYTES;
  private sampling: 'possible' | 'under_way' | 'impossible' = 'possible';
  private completeUpTo: string | null;
  private handedOutAt: number | null = null;
  private consumerWaits = false;
  private waitsForRoom = false;
  private stopped = false;
  private failure: { readonly error: unknown } | null = null;
  private readonly onAbort = (): void => this.wake();
  private wake: () => void = () => {};

  constructor(request: ReadRequest, deps: ReadDeps) {
    const { containers, filter, columns } = request;
    this.request = request;
    this.deps = deps;
    this.shape = { containers, filter, rows: PAGE_ROWS, ...(columns === undefined ? {} : { columns }) };
    this.completeUpTo = filter.keyAfter;
    const start = {
      key: filter.keyAfter ?? LOWEST_KEY,
      at: filter.keyAfter === null ? 'at_key' : 'after_key',
    } as const;
    this.parts = [partOf(new Span(this.shape, start, null))];
    this.endIfComplete();
    deps.signal.addEventListener('abort', this.onAbort);
  }

  /** The next page in order; null at the end. Throws what `OrgReader.readPage` throws and the signal's reason. */
  async next(): Promise<ReadPage | null> {
    if (this.handedOutAt !== null) this.depth.used(this.deps.now() - this.handedOutAt);
    this.handedOutAt = null;
    for (;;) {
      this.deps.signal.throwIfAborted();
      this.dropEnded();
      const ready = this.parts[0]?.ready.shift();
      if (ready !== undefined) {
        const page = this.handOut(ready);
        if (this.depth.isFar) await whenSent();
        return page;
      }
      if (this.failure !== null) throw this.failure.error;
      if (this.parts.length === 0 && !this.seekKeyless()) return null;
      this.consumerWaits = true;
      this.fill();
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** Ends reading; pages that nobody asked for give their bytes back. */
  stop(): void {
    this.stopped = true;
    this.deps.signal.removeEventListener('abort', this.onAbort);
    for (const { ready } of this.parts) for (const { page } of ready) this.deps.window.give(page.bytes.length);
    this.parts.length = 0;
  }

  private handOut({ page, completeUpTo, unserved, recycle }: Ready): ReadPage {
    if (completeUpTo !== null && completeUpTo > (this.completeUpTo ?? LOWEST_KEY)) this.completeUpTo = completeUpTo;
    this.consumerWaits = false;
    this.fill();
    this.handedOutAt = this.deps.now();
    let held = page.bytes.length;
    const release = (): void => {
      this.deps.window.give(held);
      held = 0;
    };
    return { page, completeUpTo: this.completeUpTo, unserved, recycle, release };
  }

  private seekKeyless(): boolean {
    const { expected } = this.request;
    if (this.keylessSought || (expected !== null && this.arrived >= expected)) return false;
    this.keylessSought = true;
    this.parts.push(partOf(new TieWalk(null, this.shape, new Set())));
    return true;
  }

  /** Starts as many reads as depth and window allow, the first parts first. */
  private fill(): void {
    if (this.stopped || this.failure !== null) return;
    this.dropEnded();
    if (this.deps.conditions.limited) this.rejoin();
    const allowed = 1 + (this.deps.conditions.limited ? 1 : this.depth.pages);
    let pages = this.parts.reduce((sum, { ready, reading }) => sum + ready.length + (reading ? 1 : 0), 0);
    for (const [n, part] of this.parts.entries()) {
      if (!this.canRead(part)) continue;
      const bytes = this.pageBytes;
      if (n === 0 && part.ready.length === 0 && this.consumerWaits) this.deps.window.take(bytes);
      else if (pages >= allowed) return;
      else if (!this.deps.window.tryTake(bytes)) {
        this.awaitRoom();
        return;
      }
      pages += 1;
      part.reading = true;
      void this.read(part, bytes);
    }
  }

  /** The last part waits at the greatest key for the others: their rows may make it unnecessary to prove its end. */
  private canRead({ rows, reading }: Part): boolean {
    if (reading || rows.ended) return false;
    const { expected, lastKey } = this.request;
    if (expected === null || lastKey === null || !(rows instanceof Span) || rows.key < lastKey) return true;
    return rows.unread || this.parts.every((part) => part.rows === rows || part.rows.ended);
  }

  private awaitRoom(): void {
    if (this.waitsForRoom) return;
    this.waitsForRoom = true;
    this.deps.window.onRoom(() => {
      this.waitsForRoom = false;
      this.fill();
    });
  }

  private async read(part: Part, taken: number): Promise<void> {
    const { window } = this.deps;
    try {
      const rows = await part.rows.step(this.fetch);
      const held = this.stopped || rows.page.count === 0 ? 0 : rows.page.bytes.length;
      if (held > taken) window.take(held - taken);
      else window.give(taken - held);
      if (!this.stopped) this.arrive(part, rows);
    } catch (error) {
      window.give(taken);
      this.failure ??= { error };
    }
    part.reading = false;
    this.fill();
    this.wake();
  }

  private get mostBytes(): number {
    const { conditions, window } = this.deps;
    return Math.min(conditions.limited ? LIMITED_PAGE_BYTES : PAGE_BYTES, Math.ceil(window.limit / 4));
  }

  private readonly fetch: Fetch = async (request) => {
    const bounded = { ...request, bytes: this.mostBytes };
    const fetched = await fetchPage(this.deps, bounded).catch((error: unknown) => {
      if (this.request.unserved !== 'named') throw error;
      return fetchName(this.deps, bounded, this.shape.containers, error);
    });
    this.depth.read(fetched.waitedMs);
    return fetched;
  };

  private arrive(part: Part, { page, completeUpTo, read, asked, unserved, recycle }: NewRows): void {
    // Names say nothing of what rows weigh.
    if (read > 0 && unserved === null)
      this.pageBytes = Math.min(this.mostBytes, Math.ceil((page.bytes.length / read) * asked));
    if (page.count === 0) {
      recycle();
      return;
    }
    this.arrived += page.count;
    part.ready.push({ page, completeUpTo, unserved, recycle });
    this.endIfComplete();
    if (unserved === null) this.considerCutting(page, asked);
  }

  private endIfComplete(): void {
    const { expected, lastKey } = this.request;
    const last = this.parts.at(-1);
    if (last === undefined || !(last.rows instanceof Span) || this.arrived !== expected) return;
    if (lastKey !== null && last.rows.key < lastKey) return;
    if (!this.parts.every((part) => part === last || part.rows.ended)) return;
    last.rows.end();
    const lastPage = last.ready.at(-1);
    if (lastPage !== undefined) lastPage.completeUpTo = last.rows.key;
  }

  private considerCutting(page: RowPage, asked: number): void {
    const last = this.parts.at(-1)?.rows;
    if (this.sampling !== 'possible' || this.deps.conditions.limited || !(last instanceof Span) || last.ended) return;
    const unread = this.parts.filter(({ rows }) => rows instanceof Span && rows.unread).length;
    const left = this.request.expected === null ? null : this.request.expected - this.arrived - unread * asked;
    if (this.depth.pages < WORTH_CUTTING || unread > this.depth.pages / 2) return;
    if (left !== null && left < WORTH_CUTTING * asked) return;
    const suffix = sampleSuffix(left);
    void this.cut(last, suffix, {
      rowsPerSample: rowsPerSample(page, this.shape.containers[0].stream, suffix),
      rowsPerPage: asked,
    });
  }

  private async cut(last: Span, suffix: string, density: Parameters<typeof chooseCuts>[2]): Promise<void> {
    this.sampling = 'under_way';
    const { containers, filter } = this.shape;
    const request = { containers, filter: { ...filter, keyAfter: last.key }, suffix };
    // Without samples the rows are read one page after another; what is wrong with the server the next page tells.
    const samples = await this.deps.reader.sampleKeys(request).catch(() => []);
    const cuts = chooseCuts(samples, last.key, density);
    this.sampling = cuts.length === 0 ? 'impossible' : 'possible';
    if (this.stopped || last.ended || this.deps.conditions.limited) return;
    for (const [n, key] of cuts.entries()) {
      if (n === 0) last.to = key;
      this.parts.push(partOf(new Span(this.shape, { key, at: 'at_key' }, cuts[n + 1] ?? null)));
    }
    this.fill();
  }

  /** Makes one part of those at the end that are not begun. */
  private rejoin(): void {
    for (;;) {
      const [before, last] = this.parts.slice(-2).map(({ rows }) => rows);
      if (!(before instanceof Span && before.unread && last instanceof Span && last.unread)) return;
      this.parts.pop();
      before.to = null;
    }
  }

  private dropEnded(): void {
    for (;;) {
      const [first] = this.parts;
      if (first === undefined || !first.rows.ended || first.reading || first.ready.length > 0) return;
      this.parts.shift();
    }
  }
}

function partOf(rows: Span | TieWalk): Part {
  return { rows, ready: [], reading: false };
}
