/**
 * Characters that can move a cursor, colour a terminal, reorder a line or hide: controls (C0, DEL, C1), line and
 * paragraph separators, lone surrogates, and format characters (bidi marks, zero-width space, tags). Joiners stay,
 * because emoji and several scripts need them, and so do the visible Arabic and Syriac signs of that category.
 */
const UNSAFE = /\p{Cc}|\p{Cs}|\p{Zl}|\p{Zp}|(?!\u200c|\u200d|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2])\p{Cf}/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Makes text from outside safe for a terminal: what cannot be seen is written as an escape such as `\u001b`. */
export function sanitizeText(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT[character] ?? escapeCharacter(character));
}

function escapeCharacter(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}
