import type { Reporter, Side } from '../domain/event.ts';
import type { OrgReader } from '../domain/org.ts';
import type { Container, RowFilter } from '../domain/row-io.ts';
import type { ByteWindow } from '../streams/byte-window.ts';
import type { ReadConditions } from '../streams/read/read-conditions.ts';
import { readNames } from '../streams/read/read-names.ts';
import { HASH_BYTES, HashSet64, hashRow } from '../streams/write/window-hash.ts';
import type { ContainerPairOf } from './selected-pair.ts';

interface Searched {
  readonly pair: ContainerPairOf;
  readonly source: OrgReader;
  readonly destination: OrgReader;
  /** A transaction of the source that the copy has seen. */
  readonly seen: string;
  /** The destination's transactions that were ours. */
  readonly ours: ReadonlySet<string>;
  /** Rows of which the source is asked again and the ids are kept. */
  readonly most: number;
  readonly report: Reporter;
}

interface SearchDeps {
  readonly window: ByteWindow;
  readonly conditions: Readonly<Record<Side, ReadConditions>>;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** The same rows by the filter of each side, and how many of them each has. */
interface Look {
  readonly source: RowFilter;
  readonly destination: RowFilter;
  readonly rows: { readonly source: number; readonly destination: number };
}

/** Rows that the source is asked about at once. */
export const ASKED = 500;
/** Ids that are kept, however few rows may be deleted: they show what would be. */
const FEWEST_KEPT = 20;

/**
 * Looks through a container for rows of ours that the source does not have. Of the source's rows only a hash each is held,
 * 8 bytes; a row that shares its hash with another is found by nobody, which happens to one in billions.
 */
export class VanishedSearch {
  private readonly searched: Searched;
  private readonly deps: SearchDeps;
  private readonly ids: string[] = [];
  private rows = 0;

  constructor(searched: Searched, deps: SearchDeps) {
    this.searched = searched;
    this.deps = deps;
  }

  get found(): { readonly rows: number; readonly ids: readonly string[] } {
    return { rows: this.rows, ids: this.ids };
  }

  /** Throws what reading throws. */
  async look(look: Look): Promise<void> {
    const { ours } = this.searched;
    const hash = Buffer.alloc(HASH_BYTES);
    const known = new HashSet64(await this.hashesOfSource(look));
    let suspects: string[] = [];
    for await (const names of this.names('destination', look)) {
      for (const { id, xact } of names) {
        hashId(id, hash, 0);
        if (xact !== null && ours.has(xact) && !known.has(hash, 0)) suspects.push(id);
      }
      if (suspects.length < ASKED) continue;
      await this.confirm(suspects);
      suspects = [];
    }
    await this.confirm(suspects);
  }

  /** Rows may have been written since, have another `created` or no key there. More than may be deleted are only counted. */
  private async confirm(suspects: readonly string[]): Promise<void> {
    const { most, source, seen } = this.searched;
    const isAsked = this.rows <= most && suspects.length > 0;
    const there = isAsked ? await source.readVersions(this.container('source'), suspects, seen) : new Map();
    const gone = suspects.filter((id) => !there.has(id));
    this.rows += gone.length;
    this.ids.push(...gone.slice(0, Math.max(most, FEWEST_KEPT) - this.ids.length));
  }

  private async hashesOfSource(look: Look): Promise<Buffer> {
    const pages: Buffer[] = [];
    for await (const names of this.names('source', look)) {
      const hashes = Buffer.alloc(names.length * HASH_BYTES);
      for (const [n, { id }] of names.entries()) hashId(id, hashes, n * HASH_BYTES);
      pages.push(hashes);
    }
    return Buffer.concat(pages);
  }

  private async *names(side: Side, { rows, ...filters }: Look): ReturnType<typeof readNames> {
    const { window, conditions, signal, now } = this.deps;
    const { pair, report } = this.searched;
    const request = { container: this.container(side), filter: filters[side], expected: rows[side] };
    const deps = { reader: this.searched[side], window, conditions: conditions[side], signal, now };
    for await (const names of readNames(request, deps)) {
      report({ type: 'rows_searched', address: pair.address, side, rows: names.length });
      yield names;
    }
  }

  private container(side: Side): Container {
    const { stream, sourceId, destinationId } = this.searched.pair;
    return { stream, id: side === 'source' ? sourceId : destinationId };
  }
}

function hashId(id: string, out: Buffer, at: number): void {
  const bytes = Buffer.from(id);
  hashRow(bytes, 0, bytes.length, 0, 0, out, at);
}
