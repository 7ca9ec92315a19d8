import { diffArrays } from 'diff';
import { compareText, equalJson, isArray, isObject, type Json, type JsonObject, ownValue } from '../../domain/json.ts';
import type { PlannedChange } from '../../domain/plan.ts';
import { clipText, LINE_CHARACTERS, showLine, sliceWhole } from './clip-text.ts';
import { formatCount, plural } from './count-words.ts';
import { describeMarker } from './describe-marker.ts';
import { DEEPEST_LINES, inlineValue, valueLines } from './render-value.ts';

/** One line of a shown difference; `note` lines are ours, all others are from the value. Sanitised. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed' | 'note';
  readonly text: string;
}

/** How one field differs: a headline that says all, or a headline and lines. Sanitised. */
export interface FieldDiff {
  readonly path: string;
  readonly headline: string;
  readonly lines: readonly DiffLine[];
  /** Both sides, where each fits on a line; null for a side that has nothing. */
  readonly inline?: { readonly was: string | null; readonly becomes: string | null };
}

const CONTEXT_LINES = 3;
/** Characters kept on both sides of where two long lines differ. */
const CONTEXT_CHARACTERS = 40;
/** The work of comparing grows with the square of this. Two texts further apart than that are not compared but counted. */
const MOST_EDITS = 1000;
const MOST_LINES_COMPARED = 50_000;

/** What a field that only one side has is called: something that will happen, or something that is so. */
const PHRASES = {
  planned: { added: 'set to', removed: 'removed, was' },
  found: { added: 'only in the source:', removed: 'only in the destination:' },
} as const;
export type DiffPhrases = keyof typeof PHRASES;

/** Makes changes readable: one entry a field that really differs, long text as a text diff of at most `mostLines` lines. */
export function diffChanges(
  changes: readonly PlannedChange[],
  mostLines: number,
  phrases: DiffPhrases = 'planned',
): FieldDiff[] {
  return changes.flatMap((change) => {
    const leaves: FieldDiff[] = [];
    collect(change, { mostLines, phrases }, leaves);
    if (leaves.length > 0) return leaves;
    return [{ path: showLine(change.path), headline: 'no visible difference', lines: [] }];
  });
}

/**
 * Splits a change of whole objects into changes of their members. Null equals absent, so a leaf never has null on both
 * sides; lists of equal length are compared item by item, others as a whole.
 */
function splitChange(path: string, before: Json, after: Json, depth = 0): PlannedChange[] {
  if (before === after) return [];
  if (depth > DEEPEST_LINES) return equalJson(before, after) ? [] : [{ path, before, after }];
  if (isPlainObject(before) && isPlainObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(compareText);
    return keys.flatMap((key) =>
      splitChange(
        path === '' ? key : `${path}.${key}`,
        ownValue(before, key) ?? null,
        ownValue(after, key) ?? null,
        depth + 1,
      ),
    );
  }
  if (isArray(before) && isArray(after) && before.length === after.length) {
    return before.flatMap((item, index) => splitChange(`${path}[${index}]`, item, after[index] ?? null, depth + 1));
  }
  return equalJson(before, after) ? [] : [{ path, before, after }];
}

interface DiffStyle {
  readonly mostLines: number;
  readonly phrases: DiffPhrases;
}

function collect(change: PlannedChange, style: DiffStyle, leaves: FieldDiff[]): void {
  const { path, before = null, after = null } = change;
  // Redacted values of one size look alike, and still are a change.
  const whole = [before, after].some((value) => describeMarker(value) !== undefined);
  for (const leaf of whole ? [{ path, before, after }] : splitChange(path, before, after)) {
    leaves.push(diffLeaf(leaf, style));
  }
}

function diffLeaf({ path: rawPath, before = null, after = null }: PlannedChange, style: DiffStyle): FieldDiff {
  const path = clipText(rawPath);
  const { mostLines } = style;
  const { added, removed } = PHRASES[style.phrases];
  const was = inlineValue(before);
  const becomes = inlineValue(after);
  if (before === null && becomes !== undefined) {
    return { path, headline: `${added} ${becomes}`, lines: [], inline: { was: null, becomes } };
  }
  if (after === null && was !== undefined) {
    return { path, headline: `${removed} ${was}`, lines: [], inline: { was, becomes: null } };
  }
  if (was !== undefined && becomes !== undefined) {
    return { path, headline: `${was} -> ${becomes}`, lines: [], inline: { was, becomes } };
  }
  const beforeLines = valueLines(before);
  const afterLines = valueLines(after);
  if (before === null) return wholeValue(path, added, 'added', afterLines, mostLines);
  if (after === null) return wholeValue(path, removed, 'removed', beforeLines, mostLines);
  return diffText(path, beforeLines, afterLines, mostLines);
}

function wholeValue(
  path: string,
  what: string,
  kind: 'added' | 'removed',
  values: readonly string[],
  mostLines: number,
): FieldDiff {
  const lines = values.slice(0, mostLines).map((line): DiffLine => ({ kind, text: clipText(line) }));
  return {
    path,
    headline: `${what} ${plural(values.length, 'line')}`,
    lines: [...lines, ...rest(values.length - lines.length)],
  };
}

interface Run {
  readonly kind: 'same' | 'added' | 'removed';
  readonly lines: readonly string[];
}

function diffText(path: string, before: readonly string[], after: readonly string[], mostLines: number): FieldDiff {
  const runs = compareLines(before, after);
  if (runs === undefined) {
    const sizes = `${plural(before.length, 'line')} -> ${plural(after.length, 'line')}`;
    return { path, headline: `rewritten, ${sizes}`, lines: [note('too different to show line by line')] };
  }
  const count = (kind: Run['kind']) => runs.reduce((sum, run) => (run.kind === kind ? sum + run.lines.length : sum), 0);
  const squeeze = (lines: readonly string[]) => lines.join('').replace(/\s+/g, '');
  const onlySpace = squeeze(before) === squeeze(after) ? ', only white space differs' : '';
  const headline = `text changed, ${plural(count('removed'), 'line')} removed, ${formatCount(count('added'))} added${onlySpace}`;
  const lines = runs.flatMap((run, index) => showRun(run, runs, index));
  const shown = lines.slice(0, mostLines);
  return { path, headline, lines: [...shown, ...rest(lines.length - shown.length)] };
}

/** Common beginnings and ends are cut off first: most edits of a long text are one small place in it. */
function compareLines(before: readonly string[], after: readonly string[]): Run[] | undefined {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const longestEnd = Math.min(before.length, after.length) - start;
  while (end < longestEnd && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const middleBefore = before.slice(start, before.length - end);
  const middleAfter = after.slice(start, after.length - end);
  if (middleBefore.length + middleAfter.length > MOST_LINES_COMPARED) return undefined;
  const parts = diffArrays(middleBefore, middleAfter, { maxEditLength: MOST_EDITS });
  if (parts === undefined) return undefined;
  const runs = parts.map(
    (part): Run => ({ kind: part.added ? 'added' : part.removed ? 'removed' : 'same', lines: part.value }),
  );
  if (start > 0) runs.unshift({ kind: 'same', lines: before.slice(0, start) });
  if (end > 0) runs.push({ kind: 'same', lines: before.slice(before.length - end) });
  return runs;
}

function showRun(run: Run, runs: readonly Run[], index: number): DiffLine[] {
  if (run.kind === 'same') return showContext(run.lines, index === 0, index === runs.length - 1);
  const other = run.kind === 'removed' ? runs[index + 1] : runs[index - 1];
  const paired = other !== undefined && other.kind !== 'same' && other.lines.length === run.lines.length;
  return run.lines.map((line, at) => {
    const partner = paired ? other.lines[at] : undefined;
    return { kind: run.kind, text: partner === undefined ? clipText(line) : clipAround(line, partner) };
  });
}

function showContext(lines: readonly string[], first: boolean, last: boolean): DiffLine[] {
  const same = (line: string): DiffLine => ({ kind: 'same', text: clipText(line) });
  const head = first ? [] : lines.slice(0, CONTEXT_LINES);
  const tail = last ? [] : lines.slice(Math.max(head.length, lines.length - CONTEXT_LINES));
  const hidden = lines.length - head.length - tail.length;
  if (hidden <= 1) return lines.map(same);
  return [...head.map(same), note(plural(hidden, 'unchanged line')), ...tail.map(same)];
}

/** Shows a long line around the place where it differs from its partner. */
function clipAround(line: string, partner: string): string {
  if (line.length <= LINE_CHARACTERS && partner.length <= LINE_CHARACTERS / 2) return showLine(line);
  let start = 0;
  while (start < line.length && start < partner.length && line[start] === partner[start]) start += 1;
  let end = 0;
  const longestEnd = Math.min(line.length, partner.length) - start;
  while (end < longestEnd && line[line.length - 1 - end] === partner[partner.length - 1 - end]) end += 1;
  const from = Math.max(0, start - CONTEXT_CHARACTERS);
  const to = Math.min(line.length, line.length - end + CONTEXT_CHARACTERS);
  const before = from > 0 ? `(${formatCount(from)} same characters) …` : '';
  const after = to < line.length ? `… (${formatCount(line.length - to)} same characters)` : '';
  return `${before}${clipText(sliceWhole(line, from, to))}${after}`;
}

function rest(count: number): DiffLine[] {
  return count > 0 ? [note(`${plural(count, 'more line')}, see show --format json`)] : [];
}

function note(text: string): DiffLine {
  return { kind: 'note', text: `… ${text}` };
}

function isPlainObject(value: Json): value is JsonObject {
  return isObject(value) && describeMarker(value) === undefined;
}
