import { searchRows } from '../rows/search-rows.ts';
import { planScan } from './plan-scan.ts';
import { StoredRowValues } from './row-values.ts';
import type { Selected, SelectOptions } from './select-rows.ts';

type ParsedRow = Readonly<Record<string, unknown>>;

/** Every span of each trace in which a span was selected; traces in the order of their first selected spans. */
export function wholeTraces(selected: readonly Selected[], options: SelectOptions): Selected[][] {
  const seen = new Set<string>();
  const values = new StoredRowValues();
  return selected.flatMap(({ container, slot }) => {
    const root = values.load(container, slot).text(['root_span_id']) ?? 'null';
    if (seen.has(root)) return [];
    seen.add(root);
    const plan = planScan(
      {
        op: 'eq',
        left: { op: 'ident', path: ['root_span_id'] },
        right: { op: 'literal', value: JSON.parse(root) as unknown },
      },
      options.now,
      options.version,
    );
    const slots = searchRows(container, {
      range: plan.range,
      descending: false,
      limit: Number.POSITIVE_INFINITY,
      accept: (candidate) => plan.residual?.(values.load(container, candidate)) === true,
      positions: plan.lookup === null ? null : container.positions('root_span_id', plan.lookup.values),
      wholeTies: false,
    });
    return [slots.map((found) => ({ container, slot: found }))];
  });
}

/** One row a trace: its root span with the average of each score and the sum of each metric over the spans. */
export function summarizeTraces(selected: readonly Selected[], options: SelectOptions): ParsedRow[] {
  return wholeTraces(selected, options).map((trace) => {
    const spans = trace.map(({ container, slot }) => JSON.parse(container.bytesOf(slot).toString('utf8')) as ParsedRow);
    const root = spans.find((span) => span.is_root === true) ?? spans[0] ?? {};
    return {
      ...root,
      scores: combine(spans, 'scores', average),
      metrics: { ...combine(spans, 'metrics', sum), ...times(root) },
    };
  });
}

function combine(
  spans: readonly ParsedRow[],
  column: string,
  fold: (values: readonly number[]) => number,
): Record<string, number> | null {
  const values = new Map<string, number[]>();
  for (const span of spans) {
    for (const [name, value] of Object.entries((span[column] ?? {}) as Record<string, unknown>)) {
      if (typeof value === 'number') values.set(name, [...(values.get(name) ?? []), value]);
    }
  }
  return values.size === 0 ? null : Object.fromEntries([...values].map(([name, list]) => [name, fold(list)]));
}

/** Times are those of the root span, not sums. */
function times(root: ParsedRow): Record<string, unknown> {
  const metrics = (root.metrics ?? {}) as Record<string, unknown>;
  return Object.fromEntries(['start', 'end'].flatMap((name) => (name in metrics ? [[name, metrics[name]]] : [])));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function average(values: readonly number[]): number {
  return sum(values) / values.length;
}
