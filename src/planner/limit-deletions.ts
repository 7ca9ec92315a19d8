import type { PlannedRowDeletion } from '../domain/stream-plan.ts';
import { deletesRows } from '../domain/stream-plan.ts';
import { stopRowDeletion } from './decide-row-deletions.ts';
import type { Draft } from './draft.ts';

/** Stops every deletion when there are more than `most`, each row counted: which of them to spare is not ours to choose. */
export function limitDeletions(drafts: readonly Draft[], most: number): readonly Draft[] {
  const count = drafts.reduce((sum, draft) => sum + weightOf(draft), 0);
  if (count <= most) return drafts;
  const changes = [
    { path: 'deletions_needed', before: count },
    { path: 'deletions_allowed', before: most },
  ];
  return drafts.map((draft): Draft => {
    if (draft.op !== 'delete') return draft;
    if (deletesRows(draft)) return { ...stopRowDeletion(draft, 'delete_limit'), changes };
    const { before: _before, ...rest } = draft;
    return { ...rest, op: 'blocked', reason: 'delete_limit', changes };
  });
}

function weightOf(draft: Draft): number {
  if (draft.op !== 'delete') return 0;
  return deletesRows(draft) ? (draft.before as PlannedRowDeletion).rows : 1;
}
