import { formatCount } from './count-words.ts';
import { sanitizeText } from './sanitize-text.ts';

/** Longest line that is shown whole; it is far above what people write by hand and far below what floods a terminal. */
export const LINE_CHARACTERS = 400;

/** Makes one line of a value safe to show. Tabs become arrows, so that they can be told from spaces. */
export function showLine(line: string): string {
  return sanitizeText(line.replaceAll('\t', '→   '));
}

/** Shortens a text from outside to what fits on a line, saying how much is gone, and makes it safe. */
export function clipText(text: string, longest = LINE_CHARACTERS): string {
  if (text.length <= longest) return showLine(text);
  const kept = sliceWhole(text, 0, longest);
  return `${showLine(kept)}… (${formatCount(text.length - kept.length)} more characters)`;
}

/** `slice` that never cuts a character of two code units in half. */
export function sliceWhole(text: string, start: number, end = text.length): string {
  const isTrail = (index: number) => index > 0 && index < text.length && /[\udc00-\udfff]/.test(text[index] ?? '');
  return text.slice(isTrail(start) ? start + 1 : start, isTrail(end) ? end - 1 : end);
}
