import { ApiError } from '../api-error.ts';
import { parseVersion } from '../encoding/pretty-version.ts';
import { jsonReply } from '../http/write-reply.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { ContainerRef } from './container-ref.ts';
import { compareExperiments } from './experiment-statistics.ts';
import { resolveContainer } from './resolve-container.ts';
import { planRestore, restoreDataset } from './restore-dataset.ts';
import { parsedRows, visibleSlots } from './visible-rows.ts';

/** Sums over containers, and going back to an older dataset version (fact sheet 4.8, 2.3). */
export const summaryRoutes: readonly Route[] = [
  { method: 'GET', path: '/v1/experiment/:id/summarize', auth: 'key', handle: summarizeExperiment },
  { method: 'GET', path: '/v1/dataset/:id/summarize', auth: 'key', handle: summarizeDataset },
  { method: 'GET', path: '/experiment-comparison2', auth: 'key', handle: compare },
  { method: 'GET', path: '/dataset-summary', auth: 'key', handle: countDataset },
  { method: 'POST', path: '/v1/dataset/:id/restore/preview', auth: 'key', handle: previewRestore },
  { method: 'POST', path: '/v1/dataset/:id/restore', auth: 'key', handle: restore },
];

function summarizeExperiment(context: RequestContext): Reply {
  const ref = resolveContainer(context, 'experiment', context.params.id ?? '');
  const names = describe(context, ref);
  if (context.query.get('summarize_scores') !== 'true') return jsonReply(names);
  const baseId = context.query.get('comparison_experiment_id') ?? baseOf(context, ref.id);
  const base = baseId === null ? null : resolveContainer(context, 'experiment', baseId);
  const { scores, metrics } = compareRows(context, ref, base);
  const comparison = base === null ? null : String(context.world.table('experiment').get(base.id)?.fields.name);
  return jsonReply({ ...names, comparison_experiment_name: comparison, scores, metrics });
}

function summarizeDataset(context: RequestContext): Reply {
  const ref = resolveContainer(context, 'dataset', context.params.id ?? '');
  const names = describe(context, ref);
  if (context.query.get('summarize_data') === 'false') return jsonReply(names);
  return jsonReply({ ...names, data_summary: { total_records: countRows(context, ref) } });
}

function compare(context: RequestContext): Reply {
  const ref = resolveContainer(context, 'experiment', context.query.get('experiment_id') ?? '');
  const baseId = context.query.get('base_experiment_id');
  return jsonReply(compareRows(context, ref, baseId === null ? null : resolveContainer(context, 'experiment', baseId)));
}

function countDataset(context: RequestContext): Reply {
  const ref = resolveContainer(context, 'dataset', context.query.get('dataset_id') ?? '');
  return jsonReply({ total_records: countRows(context, ref) });
}

async function previewRestore(context: RequestContext): Promise<Reply> {
  const ref = resolveContainer(context, 'dataset', context.params.id ?? '');
  const plan = planRestore(context.world.rows.container(ref), await readVersion(context), context.now());
  return jsonReply({ rows_to_restore: plan.restored.length, rows_to_delete: plan.deleted.length });
}

async function restore(context: RequestContext): Promise<Reply> {
  const ref = resolveContainer(context, 'dataset', context.params.id ?? '');
  return jsonReply(restoreDataset(context, ref, await readVersion(context)));
}

/** Low 48 bits of the transaction in the body's `version`. */
async function readVersion(context: RequestContext): Promise<number> {
  const body = (await context.json()) as { version?: unknown } | null;
  const xact = parseVersion(String(body?.version ?? ''));
  if (xact === null) throw new ApiError(400, `Invalid version: ${String(body?.version)}`, 'json');
  return Number(xact & 0xffff_ffff_ffffn);
}

function compareRows(context: RequestContext, ref: ContainerRef, base: ContainerRef | null) {
  const { rows } = context.world;
  const now = context.now();
  const baseRows = base === null ? [] : parsedRows(rows.find('experiment', base.id), now);
  return compareExperiments(parsedRows(rows.find('experiment', ref.id), now), baseRows);
}

function countRows(context: RequestContext, ref: ContainerRef): number {
  const container = context.world.rows.find(ref.type, ref.id);
  return container === undefined ? 0 : visibleSlots(container, context.now()).length;
}

function baseOf(context: RequestContext, id: string): string | null {
  const base = context.world.table('experiment').live(id)?.fields.base_exp_id;
  return typeof base === 'string' ? base : null;
}

function describe(context: RequestContext, ref: ContainerRef): Record<string, string> {
  const name = String(context.world.table(ref.type).get(ref.id)?.fields.name);
  const project = String(context.world.table('project').get(ref.projectId)?.fields.name);
  const org = context.world.tenants.org(ref.orgId)?.name ?? '';
  const projectUrl = `${context.origin}/app/${encodeURIComponent(org)}/p/${encodeURIComponent(project)}`;
  return {
    project_name: project,
    [`${ref.type}_name`]: name,
    project_url: projectUrl,
    [`${ref.type}_url`]: `${projectUrl}/${ref.type}s/${encodeURIComponent(name)}`,
  };
}
