import type { StreamKind } from '../../domain/kind.ts';
import type { RowPage } from '../../domain/stream.ts';
import { readMark } from './row-mark.ts';

/** Before every key: `p` and 20 digits, in order of insertion (fact sheet 4.2). Rows without a key are behind nothing. */
export const LOWEST_KEY = `p${'0'.repeat(20)}`;

/** A part of a page's rows that spans are made for, so that few of them need a second page. */
const FILLING = 0.97;

/**
 * The ends of keys to sample, so that about 1,000 keys reach over the rows that are left. Keys count transactions in steps of
 * 65536, and rows within a transaction in steps of 1: an even digit is met by transactions of one row too.
 */
export function sampleSuffix(rowsLeft: number | null): string {
  return rowsLeft !== null && rowsLeft <= 10_000 ? '0' : '00';
}

/** How many rows there are to one sampled key, as far as a page tells. */
export function rowsPerSample(page: RowPage, stream: StreamKind, suffix: string): number {
  let samples = 0;
  for (let n = 0; n < page.count; n++) if (readMark(page, n, stream).key?.endsWith(suffix) === true) samples += 1;
  return samples === 0 ? 10 ** suffix.length : page.count / samples;
}

/**
 * Where to cut the rows behind a key so that each part is about a page: at sampled keys, each of which is the key of a row.
 * @param samples in order of keys
 * @param rowsPerPage rows that a page can hold
 */
export function chooseCuts(
  samples: readonly string[],
  behind: string,
  { rowsPerSample, rowsPerPage }: { readonly rowsPerSample: number; readonly rowsPerPage: number },
): string[] {
  const step = Math.max(1, Math.floor((rowsPerPage * FILLING) / rowsPerSample));
  const cuts: string[] = [];
  let last = behind;
  let taken = 0;
  for (const key of samples) {
    if (key <= last) continue;
    taken += 1;
    if (taken % step !== 0) continue;
    cuts.push(key);
    last = key;
  }
  return cuts;
}
