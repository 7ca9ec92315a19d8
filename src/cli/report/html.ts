import { clipText } from '../views/clip-text.ts';

/** Markup that is safe to put into a page: made by `html`, from our own text and from escaped values. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | undefined | readonly Part[];

/** Joins markup; every value that is no markup is shown as text, whatever it holds. `undefined` is nothing. */
export function html(fixed: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(fixed.reduce((page, text, index) => page + textOf(parts[index - 1]) + text));
}

/** Longest text of one piece; what is beyond it is counted. */
const LONGEST_TEXT = 2_000;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function textOf(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return escapeHtml(typeof part === 'number' ? String(part) : part);
}

/** Makes a text from outside harmless in text and in quoted attributes; what cannot be seen becomes visible. */
function escapeHtml(text: string): string {
  return clipText(text, LONGEST_TEXT).replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '');
}
