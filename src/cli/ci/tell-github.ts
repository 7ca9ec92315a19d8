import { appendFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CliIo } from '../cli-io.ts';
import { githubAnnotations } from '../views/github-annotations.ts';
import type { ErrorReport } from '../views/render-error.ts';
import { sanitizeText } from '../views/sanitize-text.ts';
import { stepSummary } from '../views/step-summary.ts';
import { writeText } from '../write-text.ts';

/** Commands whose text somebody wants to read on the page of the job. */
const TOLD: ReadonlySet<string> = new Set(['plan', 'apply', 'drift', 'compare', 'verify']);

/** Shows what a command printed on the page of a GitHub Actions job, when this is one. */
export async function summarizeForGithub(io: CliIo, command: string | null, text: string): Promise<void> {
  const { GITHUB_STEP_SUMMARY: file } = io.env;
  if (!file || command === null || !TOLD.has(command)) return;
  try {
    await appendFile(resolve(io.cwd, file), stepSummary(command, text));
  } catch (error) {
    // The command itself has done its work; its exit code must say so.
    await writeText(io.stderr, `GITHUB_STEP_SUMMARY was not written: ${sanitizeText((error as Error).message)}\n`);
  }
}

/** Marks an error in the pull request when this is a GitHub Actions job; on stderr, which is read for it as well. */
export async function annotateForGithub(io: CliIo, report: ErrorReport): Promise<void> {
  if (io.env.GITHUB_ACTIONS === 'true') await writeText(io.stderr, githubAnnotations(report));
}
