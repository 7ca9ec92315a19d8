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
/** Milliseconds: rows that were created in less are not told apart. */
const NARROWEST = 1_000;

/**
 * Narrows down when the rows were created of which both sides have different numbers: rows keep `created` when they are
 * copied, to the millisecond (fact sheet 4.4). `count` is asked for one slice after the other.
 */
export async function differingSlices(whole: Span, count: CountSlice): Promise<readonly Slice[]> {
  if (whole.source === whole.destination) return [];
  const { from, to, createdAfter, createdBefore } = whole;
  if (Math.max(whole.source, whole.destination) <= FEW_ROWS || to - from <= NARROWEST) return [whole];
  const middle = Math.floor((from + to) / 2);
  const instant = new Date(middle).toISOString();
  const early = await count({ createdAfter, createdBefore: instant });
  const late = { source: whole.source - early.source, destination: whole.destination - early.destination };
  return [
    ...(await differingSlices({ ...whole, ...early, to: middle, createdBefore: instant }, count)),
    ...(await differingSlices({ ...whole, ...late, from: middle, createdAfter: instant, createdBefore }, count)),
  ];
}
