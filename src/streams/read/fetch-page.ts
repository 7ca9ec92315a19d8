import type { PageRequest, RowBytes } from '../../domain/row-io.ts';
import type { RowPage } from '../../domain/stream.ts';
import { MalformedJsonError } from '../json-bytes.ts';
import { scanPage } from '../scan-page.ts';
import type { ReadDeps, UnservedRow } from './read-request.ts';

/** Answers that are damaged inside are asked for so often: whoever passed them on may do better. */
const ATTEMPTS = 3;

export interface FetchedPage {
  readonly page: RowPage;
  /** Rows that were asked for. */
  readonly asked: number;
  /** Milliseconds until the answer began. */
  readonly waitedMs: number;
  /** See `ReadPage`. */
  readonly unserved: UnservedRow | null;
  /** Gives the memory of the page back. */
  readonly recycle: () => void;
}

/** What of a page request does not change while rows are walked. */
export type PageShape = Pick<PageRequest, 'containers' | 'filter' | 'columns' | 'without' | 'rows'>;
export type Fetch = (request: Omit<PageRequest, 'bytes'>) => Promise<FetchedPage>;

/** New rows of one answer; may be none. */
export interface NewRows {
  readonly page: RowPage;
  /** Every row that belongs here with a key up to this one was answered; null: nothing is known yet. */
  readonly completeUpTo: string | null;
  /** Rows of the whole answer, and rows that were asked for. */
  readonly read: number;
  readonly asked: number;
  readonly unserved: UnservedRow | null;
  readonly recycle: () => void;
}

/** Reads a page and finds its rows. Throws MalformedJsonError, and what `OrgReader.readPage` throws. */
export async function fetchPage(
  { reader, conditions, buffers }: Pick<ReadDeps, 'reader' | 'conditions' | 'buffers'>,
  request: PageRequest,
): Promise<FetchedPage> {
  for (let attempt = 1; ; attempt++) {
    let lent: Buffer | undefined;
    const allocate = (bytes: number): Buffer => {
      lent = buffers?.take(bytes);
      return lent ?? Buffer.allocUnsafeSlow(bytes);
    };
    const answer: RowBytes = await reader.readPage(buffers === undefined ? request : { ...request, allocate });
    if (answer.limited) conditions.limited = true;
    const recycle = (): void => {
      // Only memory that came from the pool goes back to it: a short or compressed answer lies elsewhere.
      if (lent !== undefined && lent.buffer === answer.bytes.buffer) buffers?.give(lent);
      lent = undefined;
    };
    try {
      const { asked, waitedMs } = answer;
      return { page: scanPage(answer.bytes, answer.format), asked, waitedMs, unserved: null, recycle };
    } catch (error) {
      if (!(error instanceof MalformedJsonError) || attempt === ATTEMPTS) throw error;
    }
  }
}
