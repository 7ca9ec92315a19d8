import type { ParsedRow } from './visible-rows.ts';

/** What one trace of an experiment measured. */
interface Trace {
  /** The input of the root span; cases of two experiments with equal inputs are compared. */
  readonly key: string;
  readonly scores: Record<string, number>;
  readonly metrics: Record<string, number>;
}

export interface ScoreComparison {
  readonly name: string;
  readonly score: number;
  readonly diff?: number;
  readonly improvements: number;
  readonly regressions: number;
}

export interface MetricComparison {
  readonly name: string;
  readonly metric: number;
  readonly unit: string;
  readonly diff?: number;
  readonly improvements: number;
  readonly regressions: number;
}

const UNITS: Readonly<Record<string, string>> = {
  llm_calls: '',
  tool_calls: '',
  errors: '',
  llm_errors: '',
  tool_errors: '',
  prompt_tokens: 'tok',
  prompt_cached_tokens: 'tok',
  prompt_cache_creation_tokens: 'tok',
  completion_tokens: 'tok',
  total_tokens: 'tok',
  duration: 's',
};

const SUMMED: Readonly<Record<string, string>> = {
  prompt_tokens: 'prompt_tokens',
  prompt_cached_tokens: 'prompt_cached_tokens',
  prompt_cache_creation_tokens: 'prompt_cache_creation_tokens',
  completion_tokens: 'completion_tokens',
  tokens: 'total_tokens',
};

/** Averages of scores and metrics over the cases of an experiment, compared case by case with a base (fact sheet 4.8). */
export function compareExperiments(
  rows: readonly ParsedRow[],
  baseRows: readonly ParsedRow[],
): { scores: Record<string, ScoreComparison>; metrics: Record<string, MetricComparison> } {
  const traces = readTraces(rows);
  const base = readTraces(baseRows);
  const scores: Record<string, ScoreComparison> = {};
  for (const name of new Set(traces.flatMap((trace) => Object.keys(trace.scores)))) {
    const compared = compare(traces, base, (trace) => trace.scores[name], true);
    scores[name] = { name, score: compared.average, ...compared.changes };
  }
  const metrics: Record<string, MetricComparison> = {};
  for (const [name, unit] of Object.entries(UNITS)) {
    const compared = compare(traces, base, (trace) => trace.metrics[name], false);
    metrics[name] = { name, metric: compared.average, unit, ...compared.changes };
  }
  return { scores, metrics };
}

function readTraces(rows: readonly ParsedRow[]): Trace[] {
  const traces = new Map<string, ParsedRow[]>();
  for (const row of rows) {
    const root = String(row.root_span_id);
    traces.set(root, [...(traces.get(root) ?? []), row]);
  }
  return [...traces.values()].map(readTrace);
}

function readTrace(spans: readonly ParsedRow[]): Trace {
  const root = spans.find((span) => span.is_root === true) ?? spans[0];
  const scores = new Map<string, number[]>();
  const metrics: Record<string, number> = Object.fromEntries(Object.keys(UNITS).map((name) => [name, 0]));
  for (const span of spans) {
    for (const [name, value] of entries(span.scores)) scores.set(name, [...(scores.get(name) ?? []), value]);
    for (const [name, value] of entries(span.metrics)) {
      const total = SUMMED[name];
      if (total !== undefined) add(metrics, total, value);
    }
    countCalls(metrics, span);
  }
  const times = Object.fromEntries(entries(root?.metrics));
  if (times.start !== undefined && times.end !== undefined) metrics.duration = times.end - times.start;
  return {
    key: JSON.stringify(root?.input ?? null),
    scores: Object.fromEntries([...scores].map(([name, values]) => [name, average(values)])),
    metrics,
  };
}

function countCalls(metrics: Record<string, number>, span: ParsedRow): void {
  const type = (span.span_attributes as { type?: unknown } | null | undefined)?.type;
  const failed = span.error !== null && span.error !== undefined;
  if (failed) add(metrics, 'errors', 1);
  if (type !== 'llm' && type !== 'tool') return;
  add(metrics, `${type}_calls`, 1);
  if (failed) add(metrics, `${type}_errors`, 1);
}

function add(metrics: Record<string, number>, name: string, value: number): void {
  metrics[name] = (metrics[name] ?? 0) + value;
}

function entries(value: unknown): [string, number][] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
}

function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

interface Compared {
  readonly average: number;
  readonly changes: { readonly diff?: number; readonly improvements: number; readonly regressions: number };
}

function compare(
  traces: readonly Trace[],
  base: readonly Trace[],
  read: (trace: Trace) => number | undefined,
  higherIsBetter: boolean,
): Compared {
  const values = traces.flatMap((trace) => read(trace) ?? []);
  const baseValues = base.flatMap((trace) => read(trace) ?? []);
  const before = new Map(base.map((trace) => [trace.key, read(trace)]));
  let improvements = 0;
  let regressions = 0;
  for (const trace of traces) {
    const now = read(trace);
    const then = before.get(trace.key);
    if (now === undefined || then === undefined || now === then) continue;
    if (now > then === higherIsBetter) improvements += 1;
    else regressions += 1;
  }
  const diff = baseValues.length === 0 ? {} : { diff: average(values) - average(baseValues) };
  return { average: average(values), changes: { ...diff, improvements, regressions } };
}
