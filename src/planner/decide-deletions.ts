import type { Reason } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import type { IdMapping } from '../domain/state.ts';
import type { Draft } from './draft.ts';
import { isProtected } from './judge-resource.ts';
import type { PlanInputs } from './plan-inputs.ts';

/** Containers of rows: deleting one deletes rows, which may not be ours. */
const HOLDS_ROWS: ReadonlySet<string> = new Set(['project', 'dataset', 'experiment']);

/**
 * Decides what becomes of objects that this state created and the source no longer has: deleted with `policy.prune`,
 * at most `max_deletes` of them, otherwise only named. What somebody changed since is never deleted.
 */
export function decideDeletions({
  spec,
  source,
  destination,
  state,
}: Pick<PlanInputs, 'spec' | 'source' | 'destination' | 'state'>): Draft[] {
  const orphaned = state.mappings.flatMap((mapping) => {
    const resource = destination.find([mapping.kind], mapping.destinationId);
    const gone =
      resource !== undefined && isGone(mapping, resource, source) && spec.kinds.has(mapping.kind) && !resource.builtIn;
    return gone && mapping.origin === 'created' ? [{ mapping, resource }] : [];
  });
  const drafts = orphaned.map(({ mapping, resource }): Draft => {
    const base = { address: resource.address, source: undefined, destination: resource, losses: [] };
    if (!spec.policy.prune) return { ...base, op: 'skip', reason: 'removed_from_source' };
    const obstacle = obstacleTo(mapping, resource, spec);
    if (obstacle !== undefined) return { ...base, op: 'blocked', reason: obstacle };
    return { ...base, op: 'delete', reason: 'removed_from_source', before: resource.fields };
  });
  const deletions = drafts.filter(({ op }) => op === 'delete');
  if (deletions.length <= spec.policy.maxDeletes) return drafts;
  // Over the cap nothing is deleted: which of them to spare is not ours to choose.
  return drafts.map((draft) => (draft.op === 'delete' ? { ...draft, op: 'blocked', reason: 'delete_limit' } : draft));
}

function isGone(mapping: IdMapping, resource: Resource, source: PlanInputs['source']): boolean {
  if (source.unknown.some(({ kind }) => kind === mapping.kind)) return false;
  return source.find([mapping.kind], mapping.sourceId) === undefined && !source.resources.has(resource.address);
}

function obstacleTo(mapping: IdMapping, resource: Resource, spec: PlanInputs['spec']): Reason | undefined {
  if (isProtected(spec, resource.address)) return 'protected';
  if (HOLDS_ROWS.has(mapping.kind)) return 'rows_unknown';
  return mapping.fingerprint === resource.fingerprint ? undefined : 'conflict';
}
