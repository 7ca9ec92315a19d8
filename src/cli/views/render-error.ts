import { Chalk } from 'chalk';
import { BtMigrateError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { sanitizeText } from './sanitize-text.ts';
import { wrapText } from './wrap-text.ts';

/** What people and programs are told about an error. */
export interface ErrorReport {
  readonly code: string;
  readonly summary: string;
  readonly detail: string;
  readonly hint: string | undefined;
  readonly exitCode: number;
  /** For a bug only: where it happened. */
  readonly stack: string | undefined;
}

/** Describes any thrown value: what is not one of our errors is a bug of ours, and says so. */
export function reportError(error: unknown): ErrorReport {
  if (error instanceof BtMigrateError) {
    const { code, summary, detail, hint, exitCode } = error;
    return { code, summary, detail, hint, exitCode, stack: undefined };
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  return {
    code: 'BTM_FAILED',
    summary: 'This is a bug in bt-migrate',
    detail: `${cause.name}: ${cause.message}`,
    hint: 'Run the same command with --log-level debug to see where it happened, and please report it. State and plan files stay usable.',
    exitCode: 1,
    stack: cause.stack,
  };
}

export interface ErrorTextOptions {
  readonly columns: number;
  readonly color: boolean;
  /** Shows where a bug happened. */
  readonly debug: boolean;
}

/** Renders an error for a terminal: summary, detail, what to do. Control characters become visible. */
export function renderError(report: ErrorReport, { columns, color, debug }: ErrorTextOptions): string {
  const paint = new Chalk({ level: color ? 1 : 0 });
  const clean = (text: string): string => wrapText(text.split('\n').map(sanitizeText).join('\n'), columns, '  ');
  const blocks = [`${paint.red.bold('Error:')} ${sanitizeText(report.summary)} ${paint.dim(`(${report.code})`)}`];
  blocks.push(clean(report.detail));
  if (report.hint !== undefined) blocks.push(clean(report.hint));
  if (debug && report.stack !== undefined) blocks.push(report.stack.split('\n').map(sanitizeText).join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

/** The `error` member of a JSON document. */
export function errorMember(report: ErrorReport): JsonObject {
  const { code, summary, detail, hint } = report;
  return { code, summary, detail, hint: hint ?? null };
}
