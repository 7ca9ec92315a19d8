import type { Address } from '../domain/address.ts';
import { isObject } from '../domain/json.ts';
import { markerText } from '../domain/marker.ts';
import type { Reason } from '../domain/plan.ts';
import type { PlannedCopy, PlannedMending } from '../domain/stream-plan.ts';
import { RULE_KINDS } from '../inventory/needed-kinds.ts';
import type { SurveyedStream } from '../inventory/survey-streams.ts';
import { type RulesByProject, rulesByProject, triggersOf } from './active-rules.ts';
import type { Draft } from './draft.ts';
import { requestsForRows } from './estimate-work.ts';
import { isProtected } from './is-protected.ts';
import type { Prospects } from './judge-resource.ts';
import { ReferenceMending } from './mend-references.ts';
import type { PlanInputs } from './plan-inputs.ts';

type Inputs = Pick<PlanInputs, 'spec' | 'source' | 'destination' | 'state' | 'asOf' | 'streams'>;

/** What has been decided about the objects that the rows live in. */
interface Decided {
  readonly prospects: Prospects;
  readonly drafts: readonly Draft[];
}

/**
 * Decides about the rows of every selected container: copied, in sync, or blocked, and nothing at all for a container
 * that never had rows.
 */
export function decideCopies(inputs: Inputs, { prospects, drafts }: Decided): Draft[] {
  const { spec, destination } = inputs;
  const conflicts = new Set(
    drafts.filter(({ op, reason }) => op === 'blocked' && reason === 'conflict').map(({ address }) => address),
  );
  const rules: Rules = {
    byProject: rulesByProject(destination),
    unlisted: destination.unknown.some(
      ({ kind, code }) => (RULE_KINDS as readonly string[]).includes(kind) && code !== 'not_supported',
    ),
  };
  const mending = new ReferenceMending(inputs, prospects);
  return inputs.streams.flatMap((stream): Draft[] => {
    if (hasNothing(stream)) return [];
    const { mends, losses } = mending.of(stream);
    const base = { address: stream.address, source: undefined, destination: undefined, losses } as const;
    const container = stream.source.address;
    const blocked = (reason: Reason, more: Partial<Draft> = {}): Draft[] => [
      { ...base, op: 'blocked', reason, ...more },
    ];
    const prospect = prospects.of(container);
    // Where another object has the name, equal names alone do not make its rows ours; a project is shared more often.
    const isForeign = conflicts.has(container) && stream.source.kind !== 'project';
    if (prospect.is === 'blocked' || isForeign) return blocked('dependency_blocked', { blockedBy: [container] });
    if (prospect.is === 'absent') return blocked('excluded_dependency');
    if (stream.count === 'failed') return blocked('count_failed');
    if (isInSync(stream) && mends === undefined) return [{ ...base, op: 'skip', reason: 'in_sync' }];
    if (prospect.is === 'there' && isProtected(spec, stream.address)) return blocked('protected');
    const obstacle = stream.destinationRows === 'failed' ? 'count_failed' : 'destination_not_empty';
    if (stream.destinationRows === 'failed') return blocked(obstacle);
    const collides = stream.collides === undefined ? {} : { collides: stream.collides };
    if ((stream.destinationRows ?? 0) > 0 && spec.policy.intoNonempty === 'block') return blocked(obstacle, collides);
    const triggers = triggersOf(stream, rules.byProject, inputs.asOf);
    const fired = triggers.length === 0 ? {} : { triggers };
    if (spec.policy.activeRules === 'block') {
      if (rules.unlisted && destination.resources.has(stream.source.project ?? '')) return blocked('list_failed');
      if (triggers.length > 0) return blocked('active_rules', fired);
    }
    return [
      {
        ...base,
        op: 'copy',
        reason: stream.next.pass === 'first' ? 'rows_pending' : isInSync(stream) ? 'references_found' : 'rows_changed',
        after: plannedCopy(stream, mends, spec.policy.intoNonempty),
        needs: [container, ...referredTo(stream)],
        ...fired,
        ...collides,
      },
    ];
  });
}

interface Rules {
  readonly byProject: RulesByProject;
  /** True when the rules of the destination could not be listed. */
  readonly unlisted: boolean;
}

function hasNothing({ count, next }: SurveyedStream): boolean {
  return count !== null && count !== 'failed' && count.rows === 0 && next.progress === undefined;
}

// Rows of the last pass that are still fresh are seen again, and only they may be there.
function isInSync({ count, next }: SurveyedStream): boolean {
  if (count === null || count === 'failed' || next.progress === undefined || next.unfinished.length > 0) return false;
  return count.rows === next.progress.windowRows && count.newest === next.progress.windowNewest;
}

function plannedCopy(
  { next, count: found, destination, destinationRows, bytesPerRow }: SurveyedStream,
  mends: PlannedMending | undefined,
  into: 'block' | 'merge',
): PlannedCopy {
  const count = found === 'failed' ? null : found;
  // Rows of the last pass that are still fresh are counted again: which of them were edited since, a number cannot tell.
  const done = next.unfinished.reduce((sum, one) => sum + one.rows, 0);
  const rows = count === null ? null : Math.max(0, count.rows - done) + (mends?.rows ?? 0);
  const bytes = rows === null || bytesPerRow === null ? null : Math.round(rows * bytesPerRow);
  // A first copy meets rows where it was told to; of a container that nobody counted it may.
  const mayMeetRows = destinationRows !== 0 && destination !== undefined && (into === 'merge' || count === null);
  return {
    pass: next.pass,
    xact_after: next.xactAfter,
    xact_up_to: count?.newest ?? null,
    created_after: next.createdAfter,
    created_before: next.createdBefore,
    rows,
    counted: count?.rows ?? null,
    first_key: count?.firstKey ?? null,
    last_key: count?.lastKey ?? null,
    bytes,
    requests: rows === null ? null : requestsForRows(rows, bytes),
    may_collide: next.pass === 'next' || mayMeetRows,
    ...(mends === undefined ? {} : { mends }),
  };
}

// An experiment's rows point at the rows of its dataset (fact sheet 10.3), whose new id they need.
function referredTo({ source: { kind, fields } }: SurveyedStream): Address[] {
  if (kind !== 'experiment' || !isObject(fields.dataset_id)) return [];
  const dataset = markerText(fields.dataset_id, '$ref');
  return dataset === undefined ? [] : [dataset];
}
