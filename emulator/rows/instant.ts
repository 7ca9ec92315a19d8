const DAY = 86_400_000;
/** RFC 3339 with any precision and offset; what `created` and BTQL literals may look like. */
const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:?\d{2})?)?$/;

let cachedYear = -1;
let cachedMonth = -1;
let cachedStart = 0;

function two(bytes: Buffer, at: number): number {
  const tens = (bytes[at] as number) - 0x30;
  const units = (bytes[at + 1] as number) - 0x30;
  return tens >>> 0 > 9 || units >>> 0 > 9 ? Number.NaN : tens * 10 + units;
}

/**
 * Milliseconds since 1970 of the JSON string at `bytes[start..end)`, quotes included; finer digits are cut, as the service
 * stores milliseconds (fact sheet 4.4). NaN when it is not a timestamp. `2026-04-08T21:03:03.702Z` costs no string.
 */
export function instantOf(bytes: Buffer, start: number, end: number): number {
  if (end - start === 26 && bytes[end - 2] === 0x5a && bytes[start + 11] === 0x54 && bytes[start + 20] === 0x2e) {
    const at = start + 1;
    const year = two(bytes, at) * 100 + two(bytes, at + 2);
    const month = two(bytes, at + 5);
    if (year !== cachedYear || month !== cachedMonth) {
      cachedStart = Date.UTC(year, month - 1, 1);
      cachedYear = year;
      cachedMonth = month;
    }
    const day = two(bytes, at + 8);
    const hour = two(bytes, at + 11);
    const minute = two(bytes, at + 14);
    const second = two(bytes, at + 17);
    // What could overflow into the next month, day or minute, and years that Date.UTC moves, take the careful way.
    const isPunctuated =
      bytes[at + 4] === 0x2d && bytes[at + 7] === 0x2d && bytes[at + 13] === 0x3a && bytes[at + 16] === 0x3a;
    const last = (bytes[at + 22] as number) - 0x30;
    if (
      isPunctuated &&
      last >>> 0 <= 9 &&
      year >= 100 &&
      month >= 1 &&
      month <= 12 &&
      day >= 1 &&
      day <= 28 &&
      hour < 24 &&
      minute < 60 &&
      second < 60
    ) {
      const fraction = two(bytes, at + 20) * 10 + last;
      return cachedStart + (day - 1) * DAY + ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
    }
  }
  return Math.floor(parseInstant(bytes.toString('latin1', start + 1, end - 1)));
}

/**
 * Milliseconds since 1970, with a fraction where the text is finer, of an RFC 3339 text or a date; a time without offset
 * is UTC. NaN when it is neither.
 */
export function parseInstant(text: string): number {
  const match = RFC3339.exec(text);
  if (match === null || Number(match[3]) > daysInMonth(Number(match[1]), Number(match[2]))) return Number.NaN;
  if (text.length <= 10) return Date.parse(`${text}T00:00:00Z`);
  const zoned = /(?:[Zz]|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`;
  const iso = zoned.replace(' ', 'T').replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
  const finer = /\.\d{3}(\d+)/.exec(iso)?.[1];
  const whole = Date.parse(iso.replace(/(\.\d{3})\d+/, '$1'));
  return finer === undefined ? whole : whole + Number(`0.${finer}`);
}

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** ISO-8601 UTC with milliseconds, as the service prints it. */
export function formatInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
