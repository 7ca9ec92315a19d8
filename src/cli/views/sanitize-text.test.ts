import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sanitizeText } from './sanitize-text.ts';

test.each([
  ['a colour', '\u001b[31mred\u001b[0m', '\\u001b[31mred\\u001b[0m'],
  ['a window title', '\u001b]0;owned\u0007', '\\u001b]0;owned\\u0007'],
  ['a one-byte escape sequence', '\u009b31m', '\\u009b31m'],
  ['a new line, a return and a tab', 'a\nb\rc\td', 'a\\nb\\rc\\td'],
  ['a reordered name', 'invoice\u202efdp.exe', 'invoice\\u202efdp.exe'],
  ['isolates and marks', '\u2066x\u2069\u200e\u061c', '\\u2066x\\u2069\\u200e\\u061c'],
  ['a zero-width space', 'ad\u200bmin', 'ad\\u200bmin'],
  ['tags', 'x\u{e0041}', 'x\\u{e0041}'],
  ['half a character', 'x\ud83d', 'x\\ud83d'],
  ['a line separator', 'a\u2028b', 'a\\u2028b'],
])('%s becomes visible', (_what, text, shown) => {
  expect(sanitizeText(text)).toBe(shown);
});

test('ordinary text in any script stays as it is', () => {
  const text = 'Triage 🎫 👩‍💻 für Ümläute — 日本語, עברית, नमस्ते "quoted" `ticked` <tagged>';
  expect(sanitizeText(text)).toBe(text);
});

test('nothing that moves a cursor or reverses a line is ever left, and doing it twice changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = sanitizeText(text);
      expect(shown).not.toMatch(/\p{Cc}|\p{Cs}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      expect(sanitizeText(shown)).toBe(shown);
    }),
  );
});
