import { clipText } from './clip-text.ts';
import { plural } from './count-words.ts';
import type { ContentField } from './object-content.ts';
import type { FieldDiff } from './render-diff.ts';

/** Longest name that is shown whole in a comment. */
const NAME_CHARACTERS = 200;
const MOST_FIELDS = 50;

/**
 * Shows a text from outside as a code span, the one inline form in which Markdown, HTML, mentions and links mean
 * nothing. The delimiter is longer than any run of backticks inside, so that no text can end it.
 */
export function codeSpan(text: string, longest = NAME_CHARACTERS): string {
  const shown = text === '' ? '(empty)' : clipText(text, longest);
  const fence = '`'.repeat(longestRun(shown) + 1);
  const pad = /^[` ]|[` ]$/.test(shown) ? ' ' : '';
  return fence + pad + shown + pad + fence;
}

/** Shows lines as a fenced block of language `diff`; lines must be sanitised and hold no line break. */
export function fenceDiff(lines: readonly string[]): string {
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return `${fence}diff\n${lines.join('\n')}\n${fence}\n`;
}

/** The differences of one object as lines for `fenceDiff`. */
export function diffFenceLines(fields: readonly FieldDiff[]): string[] {
  const lines: string[] = [];
  for (const field of fields.slice(0, MOST_FIELDS)) {
    lines.push(`# ${field.path}${field.inline === undefined ? `: ${field.headline}` : ''}`);
    if (field.inline !== undefined && field.inline.was !== null) lines.push(`- ${field.inline.was}`);
    if (field.inline !== undefined && field.inline.becomes !== null) lines.push(`+ ${field.inline.becomes}`);
    for (const { kind, text } of field.lines) {
      lines.push(kind === 'note' ? `# ${text}` : `${{ added: '+', removed: '-', same: ' ' }[kind]} ${text}`.trimEnd());
    }
  }
  if (fields.length > MOST_FIELDS)
    lines.push(`# … ${plural(fields.length - MOST_FIELDS, 'more field')}, see show --format json`);
  return lines;
}

/** What an object holds as lines for `fenceDiff`; `sign` says whether it comes or goes. */
export function contentFenceLines(fields: readonly ContentField[], more: number, sign: '+' | '-'): string[] {
  const lines = fields.flatMap(({ path, headline, lines: text, hidden }) => [
    `${sign} ${path}: ${headline}`,
    ...text.map((line) => `${sign}   ${line}`.trimEnd()),
    ...(hidden > 0 ? [`# … ${plural(hidden, 'more line')}, see show --format json`] : []),
  ]);
  if (more > 0) lines.push(`# … ${plural(more, 'more field')}, see show --format json`);
  return lines;
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}
