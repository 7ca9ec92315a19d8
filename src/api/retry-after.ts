/**
 * Reads a Retry-After header: seconds (fractions occur) or an HTTP date. Returns milliseconds from `now`, or undefined
 * when there is none or it cannot be read.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d+(?:\.\d+)?$|^\.\d+$/.test(text)) return Math.ceil(Number(text) * 1000);
  // Date.parse takes almost anything; an HTTP date begins with the day of the week.
  const at = /^[A-Z][a-z]{2},/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
