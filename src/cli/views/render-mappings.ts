import type { JsonObject } from '../../domain/json.ts';
import type { IdMapping } from '../../domain/state.ts';
import { sanitizeText } from './sanitize-text.ts';

/** One entry of `items[]` in the JSON of `state list` (contract section 2). */
export function mappingItem({ address, kind, sourceId, destinationId, origin }: IdMapping): JsonObject {
  return { address, kind, source_id: sourceId, destination_id: destinationId, origin };
}

/** A table for people: address, both ids, origin; one line each, ending in a newline. Empty without mappings. */
export function renderMappings(mappings: readonly IdMapping[]): string {
  if (mappings.length === 0) return '';
  const rows = [
    ['ADDRESS', 'SOURCE ID', 'DESTINATION ID', 'ORIGIN'],
    ...mappings.map(({ address, sourceId, destinationId, origin }) =>
      [address, sourceId, destinationId, origin].map(sanitizeText),
    ),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** RFC 4180 with LF: a header, then old id, new id, address. */
export function mappingsCsv(mappings: readonly IdMapping[]): string {
  const rows = mappings.map(({ sourceId, destinationId, address }) => [sourceId, destinationId, address]);
  return [['source_id', 'destination_id', 'address'], ...rows].map((row) => `${row.map(csvCell).join(',')}\n`).join('');
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
