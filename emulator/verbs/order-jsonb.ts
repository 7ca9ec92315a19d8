/**
 * Orders the keys of nested objects as the control plane's database does: shorter keys first, then by bytes.
 * Recorded on experiment metadata (`model`, `version`, `temperature`).
 */
export function orderJsonb(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(orderJsonb);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, orderJsonb(inner)]));
}
