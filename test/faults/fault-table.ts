import { readFileSync, writeFileSync } from 'node:fs';
import type { RequestClass } from './request-class.ts';

const DOCUMENT = 'docs/reliability.md';
const HEAD = [
  '| what goes wrong | kinds of requests, of plan + of apply | what happens | sent at most | exit | error | the same command then |',
  '|---|---:|---|---:|---:|---|---:|',
];

const { FAULTS: runMode } = process.env;
/** Every kind of request gets a migration of its own. `table` also writes what was seen into the document. */
export const isFull = runMode === 'full' || runMode === 'table';
/** Milliseconds for one fault, of which a busy machine may need many. */
export const PATIENCE = isFull ? 7_200_000 : 300_000;

/** What was seen of one fault at all the requests it was tried at. */
export class FaultRow {
  private readonly name: string;
  private readonly what: string;
  private readonly exits = new Set<string>();
  private readonly codes = new Set<string>();
  private readonly later = new Set<string>();
  private readonly kinds = { plan: new Set<string>(), apply: new Set<string>() };
  private most = 0;

  constructor({ name, what }: { readonly name: string; readonly what: string }) {
    this.name = name;
    this.what = what;
  }

  tried(command: 'plan' | 'apply', requests: readonly RequestClass[]): void {
    for (const { name } of requests) this.kinds[command].add(name);
  }

  ended({ exit, codes }: { readonly exit: number; readonly codes: readonly string[] }): void {
    this.exits.add(String(exit));
    for (const code of codes) this.codes.add(`\`${code}\``);
  }

  resumed(exit: number): void {
    this.later.add(String(exit));
  }

  sent(times: number): void {
    this.most = Math.max(this.most, times);
  }

  get line(): string {
    const { plan, apply } = this.kinds;
    const cells = [this.name, `${plan.size} + ${apply.size}`, this.what, this.most];
    return `| ${[...cells, ...[this.exits, this.codes, this.later].map(listed)].join(' | ')} |`;
  }

  /** What was seen and does not stand in the line; empty when the line covers it, which may be about more requests. */
  missingIn(line: string | undefined): string[] {
    const [, name, , what, most, ...sets] = (line ?? '').split('|').map((cell) => cell.trim());
    if (name !== this.name || what !== this.what) return [`no line says "${this.name}: ${this.what}"`];
    const listedThere = sets.map((cell) => new Set(cell.split(', ')));
    return [
      ...(this.most > Number(most) ? [`${this.name}: sent ${this.most} times`] : []),
      ...[this.exits, this.codes, this.later].flatMap((seen, column) =>
        [...seen].filter((one) => listedThere[column]?.has(one) !== true).map((one) => `${this.name}: ${one}`),
      ),
    ];
  }
}

function listed(all: ReadonlySet<string>): string {
  return [...all].sort().join(', ') || '–';
}

/** A table in the document. */
export class FaultTable {
  private readonly begin: string;
  private readonly end: string;

  constructor(name: string) {
    this.begin = `<!-- what ${name}: written by npm run docs:faults -->`;
    this.end = `<!-- end of what ${name} -->`;
  }

  /** What the table does not say, or says of something else. */
  disagreements(rows: readonly FaultRow[]): string[] {
    if (runMode === 'table') this.write(rows.map(({ line }) => line));
    const lines = this.split()[1].trim().split('\n').slice(HEAD.length);
    const surplus = lines.length === rows.length ? [] : [`${lines.length} lines for ${rows.length} faults`];
    return [...rows.flatMap((row, index) => row.missingIn(lines[index])), ...surplus];
  }

  private write(lines: readonly string[]): void {
    const [before, , after] = this.split();
    writeFileSync(DOCUMENT, `${before}\n\n${[...HEAD, ...lines].join('\n')}\n\n${after}`);
  }

  private split(): [before: string, table: string, after: string] {
    const text = readFileSync(DOCUMENT, 'utf8');
    const [begin, end] = [text.indexOf(this.begin) + this.begin.length, text.indexOf(this.end)];
    return [text.slice(0, begin), text.slice(begin, end), text.slice(end)];
  }
}
