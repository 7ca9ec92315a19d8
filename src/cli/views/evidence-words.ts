import { isArray, type Json } from '../../domain/json.ts';
import type { PlannedAction, PlannedChange, Reason } from '../../domain/plan.ts';
import { clipText } from './clip-text.ts';
import { formatCount, plural } from './count-words.ts';

type Values = Readonly<Record<string, Json | undefined>>;

interface Evidence {
  /** Paths under which it stands among the changes; no field of an object has these names. */
  readonly paths: readonly string[];
  readonly tell: (values: Values) => string;
}

/** What stands in the way of a blocked action, where its plan holds it beside the fields. */
const EVIDENCE: Partial<Record<Reason, Evidence>> = {
  still_referenced: {
    paths: ['referenced_by', 'referenced_by_count'],
    tell: ({ referenced_by: by, referenced_by_count: count }) => {
      const named = isArray(by ?? null) ? (by as readonly Json[]) : [by ?? null];
      const more = typeof count === 'number' ? count - named.length : 0;
      const names = `${named.map(text).join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`;
      return named.length + more === 1
        ? `${names} stays and refers to it or lives in it: delete or change that one first, if it may go`
        : `${names} stay and refer to it or live in it: delete or change them first, if they may go`;
    },
  },
  rows_not_ours: {
    paths: ['rows_not_ours'],
    tell: ({ rows_not_ours: rows }) =>
      rows === 1
        ? '1 of its rows is not as this state wrote it, or was written by somebody else: look at it in the destination, and delete the container by hand if the row may go'
        : `${number(rows)} of its rows are not as this state wrote them, or were written by somebody else: look at them in the destination, and delete the container by hand if they may go`,
  },
  list_failed: {
    paths: ['unlisted'],
    tell: ({ unlisted: kind }) =>
      `nobody could list objects of kind ${text(kind)}, and one of them may refer to it: make the list readable, and plan again`,
  },
  delete_limit: {
    paths: ['deletions_needed', 'deletions_allowed'],
    tell: ({ deletions_needed: needed, deletions_allowed: allowed }) =>
      `this plan would need ${typeof needed === 'number' ? plural(needed, 'deletion') : text(needed)}, each row counted, and policy.max_deletes allows ${number(allowed)}`,
  },
  rename_collision: {
    paths: ['held_by'],
    tell: ({ held_by: holder }) =>
      `${text(holder)} has the name: rename or delete that one first, or choose another name`,
  },
};

/** Why a blocked action is blocked and what to do about it, in one sentence; none where its fields tell all. Sanitised. */
export function evidenceWords(action: PlannedAction): string[] {
  const found = evidenceOf(action);
  const changes = (action.changes ?? []).filter((change) => isEvidence(action, change));
  if (found === undefined || changes.length === 0) return [];
  return [found.tell(Object.fromEntries(changes.map(({ path, before, after }) => [path, before ?? after])))];
}

/** True for a change that is no difference of a field: an address, a kind or a number of our own. */
export function isEvidence(action: PlannedAction, { path }: PlannedChange): boolean {
  return evidenceOf(action)?.paths.includes(path) === true;
}

function evidenceOf({ op, reason }: PlannedAction): Evidence | undefined {
  return op === 'blocked' ? EVIDENCE[reason] : undefined;
}

function text(value: Json | undefined): string {
  return clipText(typeof value === 'string' ? value : 'something');
}

function number(value: Json | undefined): string {
  return typeof value === 'number' ? formatCount(value) : 'some';
}
