import type { RowNotes, RunSummary, StreamResult } from '../../domain/run-summary.ts';
import { clipText } from './clip-text.ts';
import { formatBytes, formatCount, plural } from './count-words.ts';

/** Streams that are named; the report file names every one. */
const MOST_NAMED = 20;

/** What became of rows, for people: each stream, what is missing in the destination and what changed on the way. */
export function listRows({ streams, summary, row_notes: notes = {} }: RunSummary): string[] {
  if (streams.length === 0) return [];
  const lines = ['Rows'];
  const named = [...streams].sort(byTrouble).slice(0, MOST_NAMED);
  for (const stream of streams.filter((one) => named.includes(one))) lines.push(` » ${describeStream(stream)}`);
  if (streams.length > MOST_NAMED) {
    const rest = plural(streams.length - MOST_NAMED, 'stream');
    lines.push(`   and ${rest} more; together ${plural(summary.rows, 'row')}, ${formatBytes(summary.bytes)}`);
  }
  lines.push(...rowNotes(notes).map((note) => `   ${note}`));
  if (streams.some(({ quarantined }) => quarantined > 0)) {
    lines.push('   What is missing: bt-migrate quarantine list. To send it again: bt-migrate quarantine retry');
  }
  return [...lines, ''];
}

function byTrouble(a: StreamResult, b: StreamResult): number {
  return b.quarantined - a.quarantined || (b.kept ?? 0) - (a.kept ?? 0) || b.rows - a.rows;
}

function describeStream(stream: StreamResult): string {
  const { address, rows, bytes, quarantined, kept = 0, mended = 0, deleted, returned = 0 } = stream;
  const parts = [`${clipText(address)}: ${plural(rows, 'row')}`, formatBytes(bytes)];
  if (mended > 0) parts.push(`${formatCount(mended)} of them again, because what they refer to is there now`);
  if (deleted !== undefined) parts.push(`${formatCount(deleted)} deleted that the source no longer has`);
  if (returned > 0) parts.push(`${formatCount(returned)} left because the source has them again`);
  if (kept > 0) parts.push(`${formatCount(kept)} left as edited in the destination`);
  if (quarantined > 0) parts.push(`${formatCount(quarantined)} quarantined`);
  return parts.join(', ');
}

/** What else became of the rows of a run, one sentence each. Sanitised. */
export function rowNotes({
  lost = {},
  unresolved = {},
  dropped_pins = 0,
  spilled = 0,
  deleted = 0,
}: RowNotes): string[] {
  const notes: string[] = [];
  const columns = Object.entries(lost);
  if (columns.length > 0) {
    const counts = columns.map(([column, rows]) => `${clipText(column)} of ${plural(rows, 'row')}`);
    notes.push(`Stayed behind, because no API takes it: ${counts.join(', ')}`);
  }
  const types = Object.entries(unresolved);
  if (types.length > 0) {
    const counts = types.map(([type, count]) => `${formatCount(count)} to ${clipText(type)}`);
    notes.push(
      `References that keep their source ids, because the destination has no such object: ${counts.join(', ')}. A later plan mends them once it has`,
    );
  }
  if (dropped_pins > 0) {
    notes.push(`${plural(dropped_pins, 'version')} that rows refer to dropped: versions have other numbers there`);
  }
  if (spilled > 0)
    notes.push(`${plural(spilled, 'row')} too large for the platform: the largest fields became attachments`);
  if (deleted > 0) notes.push(`${plural(deleted, 'row')} deleted in the source while it was read`);
  return notes;
}
