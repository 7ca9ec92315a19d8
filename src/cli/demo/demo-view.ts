import { stripVTControlCharacters } from 'node:util';
import { Chalk, type ChalkInstance } from 'chalk';
import { wrapText } from '../views/wrap-text.ts';
import type { Chapter } from './chapters.ts';

const COLUMNS = 88;
/** Longer outputs are cut in the middle: what a command found stands at the top, its sums at the bottom. */
const HEAD = 22;
const TAIL = 8;

/** What a demo shows, as text ending in newlines. */
export class DemoView {
  private readonly paint: ChalkInstance;

  constructor(color: boolean) {
    this.paint = new Chalk({ level: color ? 1 : 0 });
  }

  opening(folder: string): string {
    const text = `A whole migration between two organizations on an embedded server. Nothing real is touched; all files go to ${folder}`;
    return `${wrapText(text, COLUMNS)}\n`;
  }

  heading(number: number, { title, why }: Pick<Chapter, 'title' | 'why'>): string {
    return `\n${this.paint.bold.cyan(`== ${number}. ${title}`)}\n${wrapText(why, COLUMNS)}\n`;
  }

  /** The first line of a step: what is typed. */
  prompt(command: string): string {
    return `\n${this.paint.bold(`$ ${command}`)}\n`;
  }

  /** What somebody else does between two commands. */
  happening(text: string): string {
    return `\n${this.paint.yellow(`# ${text}`)}\n`;
  }

  /** Output as it came; of a long one the beginning and the end, and where the rest is. */
  output(text: string, file: string): string {
    const lines = text.replace(/\n$/, '').split('\n');
    if (lines.length <= HEAD + TAIL + 1) return text;
    const left = lines.length - HEAD - TAIL;
    const cut = this.paint.dim(`… ${left} more lines, see ${file}`);
    return `${[...lines.slice(0, HEAD), cut, ...lines.slice(-TAIL)].join('\n')}\n`;
  }

  ended(exitCode: number, expected: number, durationMs: number): string {
    const seconds = `${(durationMs / 1000).toFixed(1)} s`;
    if (exitCode !== expected)
      return `${this.paint.red.bold(`[exit ${exitCode}, expected ${expected}, ${seconds}]`)}\n`;
    const why = exitCode === 0 ? '' : ', as it should: a script can tell from it';
    return `${this.paint.green(`[exit ${exitCode}${why}, ${seconds}]`)}\n`;
  }

  closing(folder: string, steps: number, durationMs: number): string {
    const text = `${steps} commands in ${Math.round(durationMs / 1000)} s, every exit code as expected. The files are in ${folder}; README.txt there says how to start the server again and look around.`;
    return `\n${this.paint.bold('== Done')}\n${wrapText(text, COLUMNS)}\n`;
  }
}

/** Output as a file keeps it. */
export function plainOutput(text: string): string {
  return stripVTControlCharacters(text);
}
