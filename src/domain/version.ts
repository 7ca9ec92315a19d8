const COPRIME = 205891132094649n;
const MASK = (1n << 64n) - 1n;
const PRETTY = /^[0-9a-f]{16}$/i;

/**
 * True when two spellings name the same version: a decimal transaction id, or its 16-digit "pretty" form, which is the
 * id multiplied by a constant modulo 2^64 (fact sheet 4.2).
 */
export function sameVersion(a: string, b: string): boolean {
  return a === b || prettyVersion(a) === prettyVersion(b);
}

/** One spelling for each version. */
export function prettyVersion(version: string): string {
  if (PRETTY.test(version) && !/^1000\d{12}$/.test(version)) return version.toLowerCase();
  if (!/^\d+$/.test(version)) return version;
  return ((BigInt(version) * COPRIME) & MASK).toString(16).padStart(16, '0');
}
