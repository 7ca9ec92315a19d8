import { ApiError } from '../api-error.ts';
import { jsonReply } from '../http/write-reply.ts';
import { DATASET } from '../kinds/dataset.ts';
import { EXPERIMENT } from '../kinds/experiment.ts';
import { PROJECT } from '../kinds/project.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { StoredObject } from '../store/object-table.ts';
import type { Org } from '../tenancy.ts';
import { presentObject } from '../verbs/present-object.ts';
import { ensureObject } from '../verbs/write-object.ts';
import { appObject, appOrg, readAppBody } from './app-context.ts';

/** What SDKs call before they log: find or create a project and something in it (fact sheet 11.2). */
export const registerRoutes: readonly Route[] = [
  { method: 'POST', path: '/api/project/register', auth: 'key', handle: registerProject },
  { method: 'POST', path: '/api/dataset/register', auth: 'key', handle: registerDataset },
  { method: 'POST', path: '/api/experiment/register', auth: 'key', handle: registerExperiment },
  { method: 'POST', path: '/api/base_experiment/get_id', auth: 'key', handle: baseExperiment },
];

async function registerProject(context: RequestContext): Promise<Reply> {
  const body = await readAppBody(context);
  const { stored, isNew } = findOrCreateProject(context, appOrg(context, body), body);
  return jsonReply({ project: presentObject(context.world, PROJECT, stored), found_existing: !isNew });
}

async function registerDataset(context: RequestContext): Promise<Reply> {
  const body = await readAppBody(context);
  const { stored: project } = findOrCreateProject(context, appOrg(context, body), body);
  const { description, metadata, tags } = body;
  const dataset = { project_id: project.id, name: body.dataset_name ?? 'logs', description, metadata, tags };
  const { stored, isNew } = ensureObject(context, DATASET, dropUndefined(dataset));
  return jsonReply({
    project: presentObject(context.world, PROJECT, project),
    dataset: presentObject(context.world, DATASET, stored),
    found_existing: !isNew,
  });
}

/** `update: true` reuses the name, otherwise the experiment is always new. */
async function registerExperiment(context: RequestContext): Promise<Reply> {
  const body = await readAppBody(context);
  const { stored: project } = findOrCreateProject(context, appOrg(context, body), body);
  const { description, repo_info, dataset_id, dataset_version, metadata, tags, internal_metadata } = body;
  const wanted = {
    project_id: project.id,
    name: body.experiment_name,
    description,
    repo_info,
    base_exp_id: chooseBase(context, project, body),
    dataset_id,
    dataset_version,
    public: body.public,
    metadata,
    tags,
    internal_metadata,
    parameters_id: body.parameters_id,
    parameters_version: body.parameters_version,
    ensure_new: body.update !== true,
  };
  const { stored } = ensureObject(context, EXPERIMENT, dropUndefined(wanted));
  return jsonReply({
    project: presentObject(context.world, PROJECT, project),
    experiment: presentObject(context.world, EXPERIMENT, stored),
  });
}

/** By id, by name, or the newest experiment of one of the ancestor commits. */
function chooseBase(context: RequestContext, project: StoredObject, body: Record<string, unknown>): unknown {
  if (body.base_exp_id !== undefined) return body.base_exp_id;
  const siblings = [...context.world.table('experiment').ofOwner(project.id)].reverse();
  if (body.base_experiment !== undefined) {
    const named = siblings.find((stored) => stored.fields.name === body.base_experiment);
    if (named === undefined) throw new ApiError(400, `base experiment ${String(body.base_experiment)} not found`);
    return named.id;
  }
  const commits = Array.isArray(body.ancestor_commits) ? body.ancestor_commits : [];
  return siblings.find((stored) => {
    const commit = (stored.fields.repo_info as { commit?: unknown } | null)?.commit;
    return commit !== undefined && commits.includes(commit);
  })?.id;
}

/** The base of an experiment: its own, else the newest older one of the project (recorded); none is 400. */
async function baseExperiment(context: RequestContext): Promise<Reply> {
  const { world } = context;
  const { id } = await readAppBody(context);
  const experiment = appObject(context, 'experiment', id);
  const siblings = world.table('experiment').ofOwner(experiment.ownerId);
  const older = siblings.slice(
    0,
    Math.max(
      0,
      siblings.findIndex((stored) => stored.id === experiment.id),
    ),
  );
  const base = world.table('experiment').live(String(experiment.fields.base_exp_id)) ?? older.at(-1);
  if (base === undefined) throw new ApiError(400, `No base experiment found for experiment ${experiment.id}`);
  return jsonReply({
    id: experiment.id,
    project_id: experiment.ownerId,
    name: experiment.fields.name,
    base_exp_id: base.id,
    base_exp_name: base.fields.name,
  });
}

/** By project_id, or by project_name, which is created when it is not there. */
function findOrCreateProject(
  context: RequestContext,
  org: Org,
  body: Record<string, unknown>,
): { stored: StoredObject; isNew: boolean } {
  if (body.project_id !== undefined) return { stored: appObject(context, 'project', body.project_id), isNew: false };
  return ensureObject(context, PROJECT, { name: body.project_name, org_name: org.name });
}

function dropUndefined(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}
