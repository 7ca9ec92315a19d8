import { createHash } from 'node:crypto';
import { scanPage } from '../../src/streams/scan-page.ts';
import { rowText, splicePage } from '../../src/streams/splice-page.ts';
import { spliceRule } from '../../src/streams/splice-rule.ts';
import { keyOf, type Place, post, SOURCE } from './stream-org.ts';

/** What became of the rows of one container: `rewritten` were written more than once, `changed` differ in a byte. */
export interface Arrival {
  readonly lost: number;
  readonly rewritten: number;
  readonly changed: number;
  readonly inOrder: boolean;
}

interface Side {
  /** Digest of each row by id, in order of keys. */
  readonly rows: ReadonlyMap<string, string>;
  readonly rewritten: number;
}

/** Compares rows as they would be written, so that only what a copy may change is left out. */
export async function compareRows(url: string, org: string, source: Place, destination: Place): Promise<Arrival> {
  const wanted = await readSide(url, SOURCE.key, source, destination);
  const found = await readSide(url, keyOf(org), destination, destination);
  const lost = [...wanted.rows.keys()].filter((id) => !found.rows.has(id)).length;
  const changed = [...wanted.rows].filter(([id, digest]) => found.rows.has(id) && found.rows.get(id) !== digest).length;
  const order = [...found.rows.keys()].filter((id) => wanted.rows.has(id));
  const wantedOrder = [...wanted.rows.keys()].filter((id) => found.rows.has(id));
  return { lost, changed, rewritten: found.rewritten, inOrder: order.every((id, n) => id === wantedOrder[n]) };
}

async function readSide(url: string, key: string, place: Place, destination: Place): Promise<Side> {
  const stream = place.type === 'experiment' ? 'experiment_rows' : 'logs';
  const rule = spliceRule(stream, [{ sourceId: place.id, destinationId: destination.id }], { skipAsyncScoring: false });
  const rows = new Map<string, string>();
  let rewritten = 0;
  let after = 'p00000000000000000000';
  for (;;) {
    const query = `select: *\nfrom: ${place.type}('${place.id}') spans\nfilter: _pagination_key > '${after}'\nsort: _pagination_key asc\nlimit: 5000`;
    const page = scanPage(
      await post(url, key, '/btql', JSON.stringify({ query, fmt: 'jsonl', brainstore_realtime: true })),
      'jsonl',
    );
    if (page.count === 0) return { rows, rewritten };
    const spliced = splicePage(page, rule, { objectId: () => undefined, attachmentKey: null });
    for (let n = 0; n < spliced.count; n++) {
      const digest = createHash('sha1')
        .update(spliced.bytes.subarray(spliced.starts[n], spliced.ends[n]))
        .digest('base64');
      rows.set(rowText(spliced, spliced.ids, n) ?? '', digest);
      after = rowText(spliced, spliced.paginationKeys, n) ?? after;
      if (xactOfKey(after) !== BigInt(rowText(spliced, spliced.xactIds, n) ?? 0)) rewritten += 1;
    }
  }
}

/** The transaction that first wrote a row (fact sheet 4.2). */
function xactOfKey(key: string): bigint {
  return (0x0de1n << 48n) | (BigInt(key.slice(1)) >> 16n);
}
