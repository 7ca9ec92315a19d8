import { readFile } from 'node:fs/promises';
import { isObject, type Json } from '../../domain/json.ts';
import { parseJson } from '../../domain/parse-json.ts';
import type { RunSummary } from '../../domain/run-summary.ts';
import { readPlanFile } from '../../planner/plan-file.ts';
import { usageError } from '../usage-error.ts';
import { redactPlan } from '../views/redact-plan.ts';
import { planModel } from './plan-model.ts';
import { readTimeline } from './read-timeline.ts';
import { renderPage } from './render-page.ts';
import { runModel } from './run-model.ts';
import { asRunReport } from './run-report.ts';

export interface ReportFlags {
  /** Absolute path of the events of the run. */
  readonly timeline: string | undefined;
  readonly redact: boolean;
}

/**
 * Writes a plan file or the report of a run as a page.
 * @throws what `readPlanFile` throws; BTM_USAGE for flags that do not fit, and for events that cannot be read.
 */
export async function buildReport(path: string, { timeline, redact }: ReportFlags): Promise<string> {
  const run = await readRun(path);
  if (run === undefined) {
    if (timeline !== undefined) throw usageError('--timeline belongs to the report of a run, and this is a plan.');
    const plan = await readPlanFile(path);
    return renderPage(planModel(redact ? redactPlan(plan) : plan));
  }
  if (redact) throw usageError('--redact belongs to a plan: the report of a run holds no content.');
  return renderPage(runModel(run, timeline === undefined ? undefined : await readTimeline(timeline)));
}

/** Undefined for everything that is no report: then the plan reader says what is wrong with the file. */
async function readRun(path: string): Promise<RunSummary | undefined> {
  let document: Json;
  try {
    document = parseJson(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
  if (!isObject(document) || !('plan_digest' in document)) return undefined;
  const run = asRunReport(document);
  if (run !== undefined) return run;
  throw usageError(
    `${path} is the report of a run, but not one that this version of bt-migrate can read.`,
    'Use the version that wrote it, and check that the file is whole.',
  );
}
