/** Rows of a container by the time in which they were created, and how many of them each side has. */
export interface Slice {
  /** Inclusive and exclusive, ISO-8601; null leaves a bound open. */
  readonly createdAfter: string | null;
  readonly createdBefore: string | null;
  readonly source: number;
  readonly destination: number;
}

/** A slice, and milliseconds between which to look for its middle. */
interface Span extends Slice {
  readonly from: number;
  readonly to: number;
}

type CountSlice = (
  slice: Pick<Slice, 'createdAfter' | 'createdBefore'>,
) => Promise<Pick<Slice, 'source' | 'destination'>>;

/** Rows that are read sooner than counted once more: counting takes a request a side, reading one for 1,000 rows. */
const FEW_ROWS = 2_000;
/** Rows whose hashes take about 8 MB while they are compared. */
const ROWS_THAT_FIT = 250_000;
/** Milliseconds: rows that were created in less are not told apart. */
const NARROWEST = 1_000;

/**
 * Narrows down when the rows were created of which both sides have different numbers: rows keep `created` when they are
 * copied, to the millisecond (fact sheet 4.4). `count` is asked for one slice after the other.
 */
export async function differingSlices(whole: Span, count: CountSlice): Promise<readonly Slice[]> {
  return cut(whole, count, { most: FEW_ROWS, isLeftOut: ({ source, destination }) => source === destination });
}

/** Cuts rows by the time in which they were created, so that hashes of those of one slice fit into memory. */
export async function fittingSlices(whole: Span, count: CountSlice, most = ROWS_THAT_FIT): Promise<readonly Slice[]> {
  return cut(whole, count, { most, isLeftOut: ({ destination }) => destination === 0 });
}

interface Cutting {
  /** Rows of a slice that is not cut any more. */
  readonly most: number;
  readonly isLeftOut: (slice: Slice) => boolean;
}

async function cut(whole: Span, count: CountSlice, cutting: Cutting): Promise<readonly Slice[]> {
  if (cutting.isLeftOut(whole)) return [];
  const { from, to, createdAfter, createdBefore } = whole;
  if (Math.max(whole.source, whole.destination) <= cutting.most || to - from <= NARROWEST) return [whole];
  const middle = Math.floor((from + to) / 2);
  const instant = new Date(middle).toISOString();
  const early = await count({ createdAfter, createdBefore: instant });
  const late = { source: whole.source - early.source, destination: whole.destination - early.destination };
  return [
    ...(await cut({ ...whole, ...early, to: middle, createdBefore: instant }, count, cutting)),
    ...(await cut({ ...whole, ...late, from: middle, createdAfter: instant, createdBefore }, count, cutting)),
  ];
}
