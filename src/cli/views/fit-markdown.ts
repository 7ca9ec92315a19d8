/** A part of a document that is shown whole or not at all, ending in a newline. Written only when there is room. */
export interface MarkdownBlock {
  /** What is counted when it does not fit: `create`, `update`, … */
  readonly counted: string;
  write(): string;
  /** A shorter form, listed when the whole does not fit. */
  readonly brief?: () => string;
}

export interface MarkdownSection {
  readonly open: string;
  readonly close: string;
  readonly blocks: readonly MarkdownBlock[];
  /** The most characters that its blocks may take; without it, all that is left. */
  readonly share?: number;
  /** Heads the list of the short forms of what did not fit. */
  readonly briefOpen?: string;
  /** The most characters that the short forms may take; without it, all that is left. */
  readonly briefShare?: number;
  /** Sections of a lower rank are placed first when room is scarce; 0 by default. The order on the page stays. */
  readonly rank?: number;
}

/** How many blocks of each sort are missing, or stand there in their short form only. */
export interface LeftOut {
  readonly missing: ReadonlyMap<string, number>;
  readonly shortened: ReadonlyMap<string, number>;
}

/** After so many blocks in a row for which there was no room, later ones are not written to see whether they fit. */
const MOST_MISFITS = 20;

/**
 * Joins head, sections and foot to at most `maxChars` UTF-16 units. Cuts only between blocks, and closes every section
 * that it opened. `foot` says what was left out; it must not grow when less is left out.
 */
export function fitMarkdown(
  head: string,
  sections: readonly MarkdownSection[],
  foot: (leftOut: LeftOut) => string,
  maxChars: number,
): string {
  const all = new Map<string, number>();
  for (const { blocks } of sections) for (const block of blocks) add(all, block.counted);
  const page = new Page(maxChars - head.length - foot({ missing: all, shortened: all }).length);
  const missing = new Map<string, number>();
  const shortened = new Map<string, number>();
  const byRank = [...sections.entries()].sort(([, a], [, b]) => (a.rank ?? 0) - (b.rank ?? 0));
  for (const [index, section] of byRank) {
    const whole = section.blocks.map((block) => ({ block, write: () => block.write() }));
    const left = page.place(index, section, whole);
    if (section.briefOpen === undefined) {
      for (const { block } of left) add(missing, block.counted);
      continue;
    }
    const { briefOpen: open, close, briefShare } = section;
    const brief = left.map(({ block }) => ({ block, write: () => block.brief?.() ?? '' }));
    const gone = new Set(
      page
        .place(index, { open, close, ...(briefShare === undefined ? {} : { share: briefShare }) }, brief)
        .map(({ block }) => block),
    );
    for (const { block } of left) add(gone.has(block) ? missing : shortened, block.counted);
  }
  const complete = missing.size === 0 && shortened.size === 0;
  return head + page.text() + (complete ? '' : foot({ missing, shortened }));
}

interface Candidate {
  readonly block: MarkdownBlock;
  readonly write: () => string;
}

class Page {
  private room: number;
  private readonly parts = new Map<number, string>();

  constructor(room: number) {
    this.room = room;
  }

  /** Places what fits at this place of the page, behind what is there already, and returns what does not fit. */
  place(
    index: number,
    { open, close, share = Number.POSITIVE_INFINITY }: Pick<MarkdownSection, 'open' | 'close' | 'share'>,
    candidates: readonly Candidate[],
  ): Candidate[] {
    const frame = open.length + close.length;
    let room = Math.min(this.room, share) - frame;
    let misfits = 0;
    const placed: string[] = [];
    const left: Candidate[] = [];
    for (const candidate of candidates) {
      const text = misfits < MOST_MISFITS ? candidate.write() : undefined;
      if (text === undefined || text.length > room) {
        misfits += 1;
        left.push(candidate);
        continue;
      }
      misfits = 0;
      room -= text.length;
      placed.push(text);
    }
    if (placed.length > 0) {
      const text = open + placed.join('') + close;
      this.parts.set(index, (this.parts.get(index) ?? '') + text);
      this.room -= text.length;
    }
    return left;
  }

  text(): string {
    return [...this.parts]
      .sort(([a], [b]) => a - b)
      .map(([, text]) => text)
      .join('');
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
