import type { Address } from '../domain/address.ts';
import { compareText } from '../domain/json.ts';
import { kindsOfRowReference } from '../domain/kind.ts';
import type { Loss } from '../domain/resource.ts';
import type { PlannedMending } from '../domain/stream-plan.ts';
import type { UnresolvedReference } from '../domain/stream-state.ts';
import { xactSpan } from '../domain/xact.ts';
import type { SurveyedStream } from '../inventory/survey-streams.ts';
import type { Prospects } from './judge-resource.ts';
import type { PlanInputs } from './plan-inputs.ts';

/** References of one container that are named as left behind; the others are summed up. */
const MOST_NAMED = 5;

/** What becomes of references that rows of a container were copied with as they were. */
export interface ReferenceOutlook {
  /** Those that will lead somewhere; undefined for none. */
  readonly mends: PlannedMending | undefined;
  /** Those that still will not. */
  readonly losses: readonly Loss[];
}

const NOTHING: ReferenceOutlook = { mends: undefined, losses: [] };

interface Found {
  readonly reference: UnresolvedReference;
  readonly address: Address | undefined;
}

/**
 * Tells apart references that lead somewhere once the plan is applied from those that do not. Attachments are left to
 * `quarantine retry`, and what a pass reads anyway is mended by it.
 */
export class ReferenceMending {
  private readonly inputs: Pick<PlanInputs, 'source' | 'state'>;
  private readonly prospects: Prospects;
  private readonly mapped: ReadonlySet<string>;
  private readonly byContainer = new Map<string, UnresolvedReference[]>();

  constructor(inputs: Pick<PlanInputs, 'source' | 'state'>, prospects: Prospects) {
    this.inputs = inputs;
    this.prospects = prospects;
    const { mappings, unresolved } = inputs.state;
    this.mapped = new Set(mappings.map(({ kind, sourceId }) => `${kind} ${sourceId}`));
    for (const one of unresolved) {
      const name = `${one.stream} ${one.container}`;
      this.byContainer.set(name, [...(this.byContainer.get(name) ?? []), one]);
    }
  }

  of({ stream, source, next }: SurveyedStream): ReferenceOutlook {
    const remembered = this.byContainer.get(`${stream} ${source.id}`) ?? [];
    if (remembered.length === 0 || next.progress === undefined) return NOTHING;
    const found: Found[] = [];
    const left: Found[] = [];
    for (const reference of remembered) {
      if (reference.type === 'attachment') continue;
      const address = this.addressOf(reference);
      (this.leadsSomewhere(reference, address) ? found : left).push({ reference, address });
    }
    return { mends: mendsOf(found), losses: lossesOf(left) };
  }

  private addressOf({ type, sourceId }: UnresolvedReference): Address | undefined {
    return sourceId === null ? undefined : this.inputs.source.find(kindsOfRowReference(type), sourceId)?.address;
  }

  private leadsSomewhere({ type, sourceId }: UnresolvedReference, address: Address | undefined): boolean {
    const is = address === undefined ? 'absent' : this.prospects.of(address).is;
    if (is === 'there' || is === 'to_create') return true;
    return kindsOfRowReference(type).some((kind) => this.mapped.has(`${kind} ${sourceId}`));
  }
}

function mendsOf(found: readonly Found[]): PlannedMending | undefined {
  const all = found.map(({ reference }) => reference);
  const span = xactSpan(all);
  if (span === undefined) return undefined;
  return {
    references: found.map(({ reference: { type, sourceId }, address }) => ({
      type,
      source_id: sourceId ?? '',
      ...(address === undefined ? {} : { address }),
    })),
    rows: sumOf(all),
    xact_after: span.xactAfter,
    xact_up_to: span.xactUpTo,
  };
}

// The most used ones are named, and what they are called says more than their ids.
function lossesOf(left: readonly Found[]): Loss[] {
  const sorted = left.toSorted((a, b) => b.reference.rows - a.reference.rows || compareText(nameOf(a), nameOf(b)));
  const rest = sorted.slice(MOST_NAMED).map(({ reference }) => reference);
  const named = sorted
    .slice(0, MOST_NAMED)
    .map((one): Loss => ({ path: nameOf(one), reason: 'reference_left', count: one.reference.rows }));
  return rest.length === 0
    ? named
    : [...named, { path: `${rest.length} more`, reason: 'reference_left', count: sumOf(rest) }];
}

function nameOf({ reference: { type, sourceId }, address }: Found): string {
  return address ?? (sourceId === null ? `further ${type}` : `${type} ${sourceId}`);
}

function sumOf(references: readonly UnresolvedReference[]): number {
  return references.reduce((sum, { rows }) => sum + rows, 0);
}
