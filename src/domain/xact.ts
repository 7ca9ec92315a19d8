const TOP = 0x0de1n << 48n;
const LOW_48 = (1n << 48n) - 1n;

/** Lower than the id of every transaction: what a container without rows was read up to. */
export const LOWEST_XACT = TOP.toString();

/** Unix second in which a transaction happened, or undefined when the text is not a transaction id (fact sheet 4.2). */
export function xactSeconds(xact: string): number | undefined {
  const value = parse(xact);
  return value === undefined ? undefined : Number((value & LOW_48) >> 16n);
}

/** The greatest transaction id before a unix second; fractions are cut off. */
export function xactBefore(unixSeconds: number): string {
  const second = BigInt(Math.max(0, Math.floor(unixSeconds)));
  return (second === 0n ? TOP : (TOP | (second << 16n)) - 1n).toString();
}

/** Compares transaction ids, which are numbers too large for a double. */
export function compareXacts(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The newer of two transactions; null is older than any. */
export function newerXact(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return compareXacts(a, b) >= 0 ? a : b;
}

/** The greatest transaction id below a decimal one: reads bounded by it include that one. */
export function xactBelow(xact: string): string {
  return (BigInt(xact) - 1n).toString();
}

/** The transaction that inserted the row with this `_pagination_key` (fact sheet 4.2); undefined for a key of another form. */
export function xactOfKey(key: string): string | undefined {
  if (!/^p\d{20}$/.test(key)) return undefined;
  const low = BigInt(key.slice(1)) >> 16n;
  return low > LOW_48 ? undefined : (TOP | low).toString();
}

/** Bounds, the first exclusive, within which all of these transactions are; undefined for none. */
export function xactSpan(
  spans: readonly { readonly firstXact: string; readonly lastXact: string }[],
): { readonly xactAfter: string; readonly xactUpTo: string } | undefined {
  const oldest = spans.map(({ firstXact }) => firstXact).sort(compareXacts)[0];
  const newest = spans
    .map(({ lastXact }) => lastXact)
    .sort(compareXacts)
    .at(-1);
  if (oldest === undefined || newest === undefined) return undefined;
  return { xactAfter: xactBelow(oldest), xactUpTo: newest };
}

export function isXact(text: string): boolean {
  return parse(text) !== undefined;
}

function parse(text: string): bigint | undefined {
  if (!/^\d{19}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value >> 48n === 0x0de1n ? value : undefined;
}
