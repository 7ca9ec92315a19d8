import { ApiError } from '../api-error.ts';
import type { RequestContext } from '../route.ts';
import { findVisible } from '../verbs/find-object.ts';
import { invalidUuid, isUuid, missing } from '../verbs/refusals.ts';
import type { ContainerRef, ContainerType } from './container-ref.ts';

const KIND: Readonly<Record<ContainerType, string>> = {
  project_logs: 'project',
  experiment: 'experiment',
  dataset: 'dataset',
  playground_logs: 'prompt_session',
};

/**
 * The container that an id names in one of the caller's orgs.
 * @throws ApiError 400 for an id that is no UUID, 403 for one that is absent or foreign (fact sheet 1.5).
 */
export function resolveContainer(context: RequestContext, type: ContainerType, id: string): ContainerRef {
  if (!isUuid(id)) throw invalidUuid(['id', 0]);
  const ref = findContainer(context, type, id);
  if (ref === null) throw new ApiError(403, missing('read', KIND[type], id), 'json');
  return ref;
}

/** Like `resolveContainer`, null instead of an error. */
export function findContainer(context: RequestContext, type: ContainerType, id: string): ContainerRef | null {
  const stored = findVisible(context.world, context.orgs, KIND[type], id);
  if (stored === undefined) return null;
  const projectId = type === 'project_logs' ? id : String(stored.fields.project_id);
  return { type, id, projectId, orgId: stored.orgId };
}
