import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { StreamKind } from '../../src/domain/kind.ts';
import { scanPage } from '../../src/streams/scan-page.ts';
import { splicePage } from '../../src/streams/splice-page.ts';
import { spliceRule } from '../../src/streams/splice-rule.ts';

const EXCHANGES = '../shared/recordings/exchanges.jsonl';

type Row = Record<string, unknown>;

/** Columns that only the server writes, and the container a row is written to (fact sheet 4.1). */
const NOT_COPIED = `_xact_id _pagination_key org_id project_id experiment_id dataset_id log_id is_root audit_data
  classifications comments _async_scoring_state`.split(/\s+/);

/** Rows of logs, experiments and datasets in recorded answers. Skipped where they are not beside the project. */
describe.skipIf(!existsSync(EXCHANGES))('recorded rows', () => {
  const pages = existsSync(EXCHANGES) ? readFileSync(EXCHANGES, 'utf8').split('\n').flatMap(rowsOf) : [];

  test('are written as they were read, but for what the server owns, in both formats', () => {
    expect(pages.length).toBeGreaterThan(20);
    expect(pages.flat().length).toBeGreaterThan(80);
    for (const rows of pages) {
      const [kind, column] = kindOf(rows[0] as Row);
      const ids = [...new Set(rows.map((row) => String(row[column])))];
      const rule = spliceRule(
        kind,
        ids.map((id) => ({ sourceId: id, destinationId: `copy-of-${id}` })),
        {
          skipAsyncScoring: false,
        },
      );
      const whole = Buffer.from(JSON.stringify({ data: rows, schema: { type: 'array' } }));
      const lines = Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'));
      for (const page of [scanPage(whole, 'json'), scanPage(lines, 'jsonl')]) {
        const result = splicePage(page, rule, { objectId: () => undefined, attachmentKey: null });
        expect(result.unreadable).toEqual([]);
        expect(JSON.parse(`[${result.bytes}]`)).toEqual(rows.map((row) => expected(row, kind, column)));
      }
    }
  });
});

/** The rows of one exchange, when it is an answer that names the container of each of its rows. */
function rowsOf(line: string): Row[][] {
  if (line === '') return [];
  const { path, response_body: body } = JSON.parse(line) as { path: string; response_body: Row | string | null };
  if (typeof body !== 'object' || body === null) return [];
  const data = path === '/btql' ? body.data : path.endsWith('/fetch') ? body.events : undefined;
  const rows = Array.isArray(data) ? (data as Row[]) : [];
  return rows.length > 0 && rows.every((row) => kindOf(row)[1] in row && '_xact_id' in row) ? [rows] : [];
}

function kindOf(row: Row): [StreamKind, string] {
  if ('experiment_id' in row) return ['experiment_rows', 'experiment_id'];
  return 'dataset_id' in row ? ['dataset_rows', 'dataset_id'] : ['logs', 'project_id'];
}

function expected(row: Row, kind: StreamKind, column: string): Row {
  const kept = Object.entries(row).filter(([key, value]) => value !== null && !NOT_COPIED.includes(key));
  const copy: Row = Object.fromEntries(kept);
  if (copy.origin !== undefined) copy.origin = { ...(copy.origin as Row), _xact_id: undefined };
  return { ...copy, [column]: `copy-of-${row[column]}`, ...(kind === 'logs' ? { log_id: 'g' } : {}) };
}
