const ZONED = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * A value as the real service may give it back: RFC 3339 timestamps moved to UTC wherever they are (fact sheet 4.4).
 * Numbers and escapes change by being parsed and printed again.
 */
export function normaliseValue(value: unknown): unknown {
  if (typeof value === 'string') return normaliseTimestamp(value);
  if (Array.isArray(value)) return value.map(normaliseValue);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, normaliseValue(inner)]));
}

/** `2026-07-03T08:30:00+01:00` becomes `2026-07-03T07:30:00Z`; a fraction keeps its digits; other text is left alone. */
function normaliseTimestamp(text: string): string {
  if (text.length < 20 || text.length > 40) return text;
  const match = ZONED.exec(text);
  if (match === null) return text;
  const [, date, time, fraction = '', zone] = match;
  const instant = Date.parse(`${date}T${time}${zone?.toUpperCase()}`);
  if (Number.isNaN(instant)) return text;
  return `${new Date(instant).toISOString().slice(0, 19)}${fraction}Z`;
}
