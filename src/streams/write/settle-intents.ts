import { NO_FILTER } from '../../domain/row-io.ts';
import type { StreamRange, WriteIntent } from '../../domain/stream-state.ts';
import { compareXacts, xactSeconds } from '../../domain/xact.ts';
import type { LaneDeps } from '../lane.ts';
import { rowText } from '../splice-page.ts';
import type { OpenIntents } from './open-intents.ts';
import { readWritten } from './read-written.ts';
import { hashMeaning, MEANING_BYTES } from './row-meaning.ts';
import { CLOCK_SLACK } from './write-intents.ts';

/** What is known of rows that a killed run was writing. */
export interface SettledIntents {
  readonly touched: ReadonlySet<string>;
  readonly open: OpenIntents | null;
}

/** Seconds after which a write is readable (as for passes), and those that one in flight may take to be carried out. */
const READABLE_AFTER = 60;
const IN_FLIGHT = 60;

/**
 * Finds out what became of batches that a killed run had sent and not recorded: reads what was written in the destination
 * since, and makes those transactions ours that wrote nothing but rows of such batches, each as it was to be written. A row
 * that somebody edited afterwards has another transaction, and so it stays theirs: the ids of such rows are `touched`, because
 * one that was new cannot be told by its key.
 *
 * What is read may be older than the write. Until that cannot be any more the intents stay in the state, what was found
 * counts for this run only, and they are returned to be asked again.
 * @throws what reading the destination and the state throw.
 */
export async function settleIntents(range: StreamRange, deps: LaneDeps): Promise<SettledIntents> {
  const { store, lease, writer } = deps;
  const source = { stream: range.stream, id: range.container };
  const intents = await store.intents(source);
  const [first, ...rest] = intents;
  if (first === undefined) return { touched: new Set(), open: null };
  const begunAt = writer.serverTime() / 1000;
  const known = await store.writtenXacts(source);
  const newerThan = rest.reduce((oldest, one) => older(oldest, one.newerThan), first.newerThan);
  const seen = new Map<string, boolean>();
  const ours = new Set<string>();
  const idsOf = new Map<string, Set<string>>();
  const look = async (): Promise<void> => {
    await readIntended(range, { newerThan, intents, known, seen, idsOf }, deps);
    for (const [xact, isOurs] of seen) if (isOurs) ours.add(xact);
  };
  await look();
  const touched = new Set([...idsOf].flatMap(([xact, ids]) => (ours.has(xact) ? [] : [...ids])));
  if (begunAt >= Math.max(...intents.map(readableFrom))) {
    await store.settleIntents(lease, source, [...ours]);
    return { touched, open: null };
  }
  const open: OpenIntents = {
    ours,
    nextBatch: 1 + Math.max(...intents.map(({ batch }) => batch)),
    lookFor: async (xacts) => {
      if ([...xacts].some((xact) => !seen.has(xact) && !known.has(xact))) await look();
    },
  };
  return { touched, open };
}

/** Second of the server's clock from which on all is readable that a batch wrote, whenever it was sent and carried out. */
function readableFrom({ newerThan }: WriteIntent): number {
  return (xactSeconds(newerThan) ?? 0) + CLOCK_SLACK + IN_FLIGHT + READABLE_AFTER;
}

interface Intended {
  readonly newerThan: string;
  readonly intents: readonly WriteIntent[];
  /** Transactions that are ours for certain. */
  readonly known: ReadonlySet<string>;
  /** By transaction, whether it wrote nothing but what was intended; added to. */
  readonly seen: Map<string, boolean>;
  /** Rows by transaction; added to. */
  readonly idsOf: Map<string, Set<string>>;
}

async function readIntended(
  range: StreamRange,
  { newerThan, intents, known, seen, idsOf }: Intended,
  deps: LaneDeps,
): Promise<void> {
  const intended = new Set(intents.flatMap(hashesOf));
  for await (const page of readWritten(range, { ...NO_FILTER, xactAfter: newerThan }, null, deps)) {
    for (let n = 0; n < page.count; n++) {
      const xact = rowText(page, page.xactIds, n) ?? '';
      if (known.has(xact)) continue;
      const id = rowText(page, page.ids, n);
      if (id !== null) idsOf.set(xact, (idsOf.get(xact) ?? new Set()).add(id));
      if (seen.get(xact) === false) continue;
      const row = page.bytes.subarray(page.starts[n], page.ends[n]);
      seen.set(xact, intended.has(hashMeaning(row).toString('hex')));
    }
  }
}

function older(a: string, b: string): string {
  return compareXacts(a, b) < 0 ? a : b;
}

function hashesOf({ rows }: WriteIntent): string[] {
  const hashes: string[] = [];
  for (let at = 0; at < rows.length; at += MEANING_BYTES) hashes.push(rows.toString('hex', at, at + MEANING_BYTES));
  return hashes;
}
