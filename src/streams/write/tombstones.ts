import type { Container, RowBody } from '../../domain/row-io.ts';
import { containerKeys } from '../splice-rule.ts';

/** A body that deletes rows of one container (`_object_delete`, fact sheet 4.4). Sent twice it equals sent once. */
export function tombstones({ stream, id }: Container, rowIds: readonly string[]): RowBody {
  const keys = containerKeys(stream, id);
  const rows = rowIds.map((rowId) => ({ id: rowId, ...keys, _object_delete: true }));
  return { body: [Buffer.from(JSON.stringify({ rows, api_version: 2 }))], rowCount: rows.length };
}
