/** One quantity, once per cycle. */
export interface Series {
  readonly name: string;
  readonly unit: 'MB' | 'handles';
  readonly values: readonly number[];
}

export interface Flatness {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** The most that the last quarter may be. */
  readonly limit: number;
  readonly isFlat: boolean;
  readonly cycles: number;
}

/** Cycles that are left out at the beginning: code is compiled, pools and caches fill. */
const WARM_UP_SHARE = 0.2;
const LEAST_CYCLES = 4;
/** Memory comes and goes in pages and generations: growth below both is not told from noise. */
const GROWTH_SHARE = 0.1;
const GROWTH_MB = 12;

/** Compares the median of the first quarter after warm-up with that of the last. Handles may not grow at all. */
export function judge({ name, unit, values }: Series): Flatness {
  const warm = values.slice(Math.ceil(values.length * WARM_UP_SHARE));
  const quarter = Math.max(1, Math.floor(warm.length / 4));
  const first = median(warm.slice(0, quarter));
  const last = median(warm.slice(-quarter));
  const limit = unit === 'handles' ? first : first + Math.max(first * GROWTH_SHARE, GROWTH_MB);
  return { name, first, last, limit, isFlat: values.length >= LEAST_CYCLES && last <= limit, cycles: values.length };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
