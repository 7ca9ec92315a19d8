import { BtMigrateError } from '../domain/errors.ts';
import type { SpecPath } from '../domain/spec-path.ts';

const SHOWN = 30;

/** One thing that is wrong with a spec. Lines and columns count from 1. */
export interface Problem {
  /** Undefined for a problem outside the file, such as an environment variable. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** A sentence; never holds a value that may be a credential. */
  readonly message: string;
}

/** Makes one BTM_SPEC_INVALID of all problems, in the order of the file. */
export function specInvalid(file: string, problems: readonly Problem[]): BtMigrateError {
  const inOrder = [...problems].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) || (a.message < b.message ? -1 : 1),
  );
  const lines = inOrder.slice(0, SHOWN).map((problem) => `${placeOf(file, problem)}${problem.message}`);
  if (inOrder.length > SHOWN) lines.push('There are more problems; correct these first.');
  return new BtMigrateError('BTM_SPEC_INVALID', {
    detail: lines.join('\n'),
    hint: 'Correct the spec and run "bt-migrate validate --offline"; examples/migration.yaml in the package explains every key.',
  });
}

/** `migration.yaml:3:12: `, or nothing for a problem outside the file. */
export function placeOf(file: string, at: Pick<Problem, 'line' | 'column'>): string {
  return at.line === undefined ? '' : `${file}:${at.line}:${at.column ?? 1}: `;
}

/** True for places where a person may have written a credential: their values are never repeated. */
export function holdsCredential(path: SpecPath): boolean {
  return path[0] === 'secrets' || path[1] === 'api_key';
}

/** Shows a value in a message: quoted, short, and masked where it may be a credential. */
export function showValue(value: unknown, path: SpecPath): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && 'literal' in value) return String(value.literal).slice(0, 40);
  if (typeof value === 'object') return 'a mapping';
  if (holdsCredential(path) || /^(?:sk|bt)[-_]/i.test(String(value))) return 'a value that is not shown';
  const text = String(value);
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : typeof value === 'string' ? text : value);
}
