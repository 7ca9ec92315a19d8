import type { RunEvent } from '../../domain/event.ts';
import { clipText } from './clip-text.ts';
import { formatBytes, formatCount, formatDuration, plural } from './count-words.ts';

type CopyProgress = Extract<RunEvent, { type: 'copy_progress' }>;

/** `12,300 of 27,000 rows, 8,400/s, 16.8 MB/s, about 2 s left, 231 requests, 2 retries, batches of …, pages up to …`. */
export function describeCopying(progress: CopyProgress): string {
  const { rows_done, rows_total, rows_per_second, bytes_per_second, left_ms, requests, retries } = progress;
  const parts = [amount(rows_done, rows_total), ...pace({ rows_per_second, bytes_per_second, left_ms })];
  parts.push(plural(requests, 'request'));
  if (retries > 0) parts.push(plural(retries, 'retry', 'retries'));
  if (progress.batch_rows > 0) {
    const how = progress.route === 'staged' ? 'staged ' : '';
    parts.push(`${how}batches up to ${formatCount(progress.batch_rows)} rows or ${formatBytes(progress.batch_bytes)}`);
  }
  return [...parts, ...limitWords(progress)].join(', ');
}

/** What the servers are asked at once: of several hosts a number for each. */
function limitWords({ page_rows, hosts }: CopyProgress): string[] {
  const words = page_rows === null ? [] : [`pages up to ${plural(page_rows, 'row')}`];
  const atOnce = hosts.map(({ in_flight }) => formatCount(in_flight)).join(' + ');
  if (atOnce !== '') words.push(`up to ${atOnce} requests at once`);
  const wait = hosts.reduce((longest, { wait_ms }) => Math.max(longest, wait_ms), 0);
  return wait > 0 ? [...words, `told to wait ${formatDuration(Math.ceil(wait / 1000) * 1000)}`] : words;
}

/** One line for each stream that is being copied. */
export function describeStreams({ streams }: CopyProgress): string[] {
  return streams.map(({ address, rows_done, rows_total, ...rest }) =>
    [`  ${clipText(address)}: ${amount(rows_done, rows_total)}`, ...pace(rest)].join(', '),
  );
}

/** How fast rows are copied and how long it takes, as far as that is known. */
function pace({
  rows_per_second,
  bytes_per_second,
  left_ms,
}: Pick<CopyProgress, 'rows_per_second' | 'bytes_per_second' | 'left_ms'>): string[] {
  const rates = rows_per_second > 0 ? [`${formatCount(rows_per_second)}/s`, `${formatBytes(bytes_per_second)}/s`] : [];
  if (left_ms === null || left_ms === 0) return rates;
  return [...rates, `about ${formatDuration(Math.ceil(left_ms / 1000) * 1000)} left`];
}

function amount(done: number, total: number | null): string {
  return total === null ? plural(done, 'row') : `${formatCount(done)} of ${plural(total, 'row')}`;
}
