import { sanitizeText } from './sanitize-text.ts';

/** Characters that a summary may have; GitHub drops one above 1 MiB. */
const LONGEST = 500_000;

/** A command's text as a block of Markdown that nothing in the text can end. */
export function stepSummary(command: string, text: string): string {
  const clean = text.split('\n').map(sanitizeText).join('\n').trimEnd();
  const shown = clean.length > LONGEST ? `${clean.slice(0, LONGEST)}\n… (cut here)` : clean;
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `### bt-migrate ${command}\n\n${fence}text\n${shown}\n${fence}\n\n`;
}
