import * as z from 'zod';
import type { StoredStreams } from '../domain/stored-streams.ts';
import { QUARANTINE_REASONS } from '../domain/stream-state.ts';
import type { StreamTables } from './stream-tables.ts';

/**
 * What an export carries of streams, in the order of the keys. Ranges of finished passes only matter to a run that is
 * still going on. The hashes of late windows are carried, too: without them the next pass would write those rows again,
 * and a container that has been quiet for a minute has none.
 */
export function streamsOf(tables: StreamTables, runningRuns: ReadonlySet<string>): StoredStreams {
  return {
    ranges: tables.range.rows().filter(({ status, run_id }) => status !== 'committed' || runningRuns.has(run_id)),
    progress: tables.progress.rows(),
    windows: tables.window.rows().map((row) => ({ ...row, hashes: row.hashes.toString('base64') })),
    written_xacts: tables.writtenXact.rows(),
    versions: tables.version.rows(),
    blobs: tables.blob.rows(),
    quarantine: tables.quarantine.rows(),
    intents: tables.intent.rows().map((row) => ({ ...row, rows: row.rows.toString('base64') })),
    unresolved: tables.unresolved.rows(),
    deleted: tables.deleted.rows().filter(({ run_id }) => runningRuns.has(run_id)),
  };
}

export function insertStreams(tables: StreamTables, streams: StoredStreams): void {
  for (const row of streams.ranges) tables.range.put(row);
  for (const row of streams.progress) tables.progress.put(row);
  for (const row of streams.windows) tables.window.put({ ...row, hashes: Buffer.from(row.hashes, 'base64') });
  for (const row of streams.written_xacts) tables.writtenXact.put(row);
  for (const row of streams.versions) tables.version.put(row);
  for (const row of streams.blobs) tables.blob.put(row);
  for (const row of streams.quarantine) tables.quarantine.put(row);
  for (const row of streams.intents ?? []) tables.intent.put({ ...row, rows: Buffer.from(row.rows, 'base64') });
  for (const row of streams.unresolved ?? []) tables.unresolved.put(row);
  for (const row of streams.deleted ?? []) tables.deleted.put(row);
}

const text = z.string();
const nullableText = z.string().nullable();
const count = z.int().min(0);

export const STREAMS = z.strictObject({
  ranges: z.array(
    z.strictObject({
      id: text,
      run_id: text,
      action_id: text,
      stream: text,
      container: text,
      destination_container: text,
      lo: nullableText,
      hi: nullableText,
      seq: count,
      xact_after: nullableText,
      xact_up_to: text,
      created_after: nullableText,
      created_before: nullableText,
      settled: text,
      status: z.enum(['pending', 'leased', 'committed']),
      position: nullableText,
      rows: count,
      bytes: count,
      quarantined: count,
      kept: count,
      batches: count,
      newest_source_xact: nullableText,
      newest_destination_xact: nullableText,
      window_rows: count,
      window_newest: nullableText,
    }),
  ),
  progress: z.array(
    z.strictObject({
      stream: text,
      container: text,
      destination_container: text,
      settled: text,
      window_rows: count,
      window_newest: nullableText,
      last_key: nullableText,
      window_digest: text,
      rows: count,
      bytes: count,
    }),
  ),
  windows: z.array(z.strictObject({ stream: text, container: text, range_id: text, batch: count, hashes: z.base64() })),
  written_xacts: z.array(
    z.strictObject({ stream: text, container: text, xact: text, rows: count, digest: nullableText }),
  ),
  versions: z.array(z.strictObject({ kind: text, source_id: text, source: text, destination: text })),
  blobs: z.array(z.strictObject({ source_key: text, destination_key: text, size: count })),
  quarantine: z.array(
    z.strictObject({
      id: text,
      run_id: text,
      stream: text,
      container: text,
      destination_container: text,
      row_id: nullableText,
      attachment_key: nullableText,
      size: count,
      reason: z.enum(QUARANTINE_REASONS),
      detail: text,
      file: nullableText,
      status: z.enum(['open', 'settled']),
    }),
  ),
  intents: z
    .array(
      z.strictObject({
        stream: text,
        container: text,
        range_id: text,
        batch: count,
        newer_than: text,
        rows: z.base64(),
      }),
    )
    .exactOptional(),
  deleted: z
    .array(z.strictObject({ run_id: text, action_id: text, rows: count, kept: count, returned: count }))
    .exactOptional(),
  unresolved: z
    .array(
      z.strictObject({
        stream: text,
        container: text,
        type: text,
        source_id: text,
        rows: count,
        first_xact: text,
        last_xact: text,
      }),
    )
    .exactOptional(),
});
