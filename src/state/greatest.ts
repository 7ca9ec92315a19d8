/** Positions are byte-ordered texts. */
export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Null when there is nothing but nulls. */
export function greatest(values: readonly (string | null)[], compare: (a: string, b: string) => number): string | null {
  return values.reduce(
    (best, value) => (best === null || (value !== null && compare(value, best) > 0) ? value : best),
    null,
  );
}
