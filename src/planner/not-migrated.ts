import { compareText } from '../domain/json.ts';
import { type ActionId, actionId, type NotMigrated } from '../domain/plan.ts';
import { UNACCEPTED_COLUMNS } from '../domain/row-io.ts';
import { selectsAllProjects } from '../inventory/select-projects.ts';
import { type Draft, draftId } from './draft.ts';
import type { PlanInputs } from './plan-inputs.ts';

/** Kinds of things that exist in every organization and that no list of the public API shows (fact sheet 2.4). */
const NOT_LISTED: readonly NotMigrated[] = [
  { address: 'playground', reason: 'not_listed_by_api' },
  { address: 'project_group', reason: 'not_listed_by_api' },
  { address: 'custom_column', reason: 'not_listed_by_api' },
  { address: 'comment', reason: 'not_listed_by_api' },
  { address: 'api_key', reason: 'credential_of_a_person' },
  { address: 'service_token', reason: 'credential_of_a_person' },
  { address: 'organization', reason: 'belongs_to_the_control_plane' },
];

/** Everything the plan leaves behind: of each planned object, of each kind, and what the API does not show at all. */
export function listNotMigrated(
  { spec, source, streams }: Pick<PlanInputs, 'spec' | 'source' | 'streams'>,
  drafts: readonly Draft[],
  planned: ReadonlySet<ActionId>,
): NotMigrated[] {
  const entries: NotMigrated[] = [];
  for (const draft of drafts) {
    if (!planned.has(draftId(draft))) continue;
    for (const loss of draft.losses) entries.push({ address: draft.address, ...loss });
  }
  for (const [kind, count] of source.orphans) {
    // With a part of the projects selected, an object whose owner was not listed most likely lives in another project.
    if (spec.kinds.has(kind) && selectsAllProjects(spec))
      entries.push({ address: kind, reason: 'owner_not_listed', count });
  }
  for (const { kind, code } of source.unknown) {
    if (code === 'not_supported' && spec.kinds.has(kind))
      entries.push({ address: kind, reason: 'not_supported_by_source' });
  }
  for (const type of ['organization', 'project', 'dataset', 'experiment'] as const) {
    if (spec.kinds.has('view') && !spec.viewOwners.has(type))
      entries.push({ address: `view.${type}.*`, reason: 'owner_not_selected' });
  }
  entries.push(...ofRows(streams, planned));
  if (spec.allKinds) entries.push(...NOT_LISTED);
  return entries.sort(
    (a, b) =>
      compareText(a.address, b.address) || compareText(a.path ?? '', b.path ?? '') || compareText(a.reason, b.reason),
  );
}

// What the rows to be copied hold and no insert accepts, by container: the number of rows that hold it.
function ofRows(streams: PlanInputs['streams'], planned: ReadonlySet<ActionId>): NotMigrated[] {
  return streams.flatMap(({ address, count }) => {
    if (!planned.has(actionId('copy', address)) || count === null || count === 'failed') return [];
    const found = count.unaccepted;
    const columns = UNACCEPTED_COLUMNS.flatMap((path) => {
      if (found === null) return [unaccepted(address, path, null)];
      const rows = found[path];
      return rows === undefined ? [] : [unaccepted(address, path, rows)];
    });
    return [unaccepted(address, 'audit_data', count.rows), ...columns];
  });
}

function unaccepted(address: string, path: string, count: number | null): NotMigrated {
  return { address, path, reason: 'not_accepted_by_api', count };
}
