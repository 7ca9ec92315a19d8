import { type Address, kindOf } from '../../domain/address.ts';
import { OPERATIONS, type Operation, type Plan, type PlannedAction, writes } from '../../domain/plan.ts';
import type { PlannedCopy } from '../../domain/stream-plan.ts';
import { actionDiff } from '../views/action-diff.ts';
import { actionNotes } from '../views/action-notes.ts';
import { formatCount } from '../views/count-words.ts';
import { noticeWords } from '../views/notice-words.ts';
import { objectContent } from '../views/object-content.ts';
import {
  compareActions,
  countOrUnknown,
  notMigratedItem,
  outlinePlan,
  type PlanOutline,
  summaryLine,
} from '../views/plan-outline.ts';
import { BLOCKED_WORDS, NOT_MIGRATED_WORDS, OPERATION_WORDS, reasonWords } from '../views/plan-words.ts';
import { dependencyGraph } from './dependency-graph.ts';
import { html, type Markup } from './html.ts';
import type { Concern, ReportItem, ReportModel, Share } from './report-model.ts';

const MOST_DIFF_LINES = 60;
/** What needs a decision stands first. */
const ORDER: readonly Operation[] = ['blocked', 'delete', 'update', 'link', 'copy', 'create', 'skip'];

/** Arranges a plan for the page. */
export function planModel(plan: Plan): ReportModel {
  const outline = outlinePlan(plan);
  const { requests } = plan.estimates;
  const working = plan.actions.filter(({ op }) => writes(op) || op === 'blocked');
  return {
    title:
      plan.mode === 'destroy'
        ? `Destroy plan: what was migrated from ${plan.source.org} to ${plan.destination.org}`
        : `Migration plan: ${plan.source.org} to ${plan.destination.org}`,
    headline: summaryLine(outline),
    facts: [
      ['From', `${plan.source.org} (${plan.source.url})`],
      ['Into', `${plan.destination.org} (${plan.destination.url})`],
      ['As of', plan.as_of],
      ...(requests === null
        ? []
        : [
            [
              'Requests',
              `about ${formatCount(requests.source)} to the source, ${formatCount(requests.destination)} to the destination`,
            ] as const,
          ]),
      ['Digest', plan.digest],
      ...(plan.redacted === undefined ? [] : [['Values', 'left out; paths, references and sizes are shown'] as const]),
    ],
    tiles: ORDER.map((op) => share(op, outline.counts[op])),
    kinds: kindsOf(plan.actions),
    concerns: blockedConcerns(outline),
    graph: dependencyGraph(
      working.map(({ id, op, address, depends_on }) => ({ id, address, needs: depends_on, tone: op, word: op })),
    ),
    streams: plan.actions.flatMap(({ op, address, after }) => {
      if (op !== 'copy' || after === undefined) return [];
      const { rows, bytes } = after as unknown as PlannedCopy;
      return [{ name: address, rows, bytes, quarantined: 0, durationMs: undefined }];
    }),
    throughput: undefined,
    items: [...plan.actions]
      .sort((a, b) => ORDER.indexOf(a.op) - ORDER.indexOf(b.op) || compareActions(a, b))
      .map((action) => itemOf(action, outline)),
    lists: [
      { title: 'Acts on rows as soon as it exists', lines: outline.acting.map(({ address }) => address) },
      {
        title: 'Not migrated',
        lines: outline.notMigrated.flatMap(({ reason, items, count }) => [
          `${NOT_MIGRATED_WORDS[reason]} (${countOrUnknown(count)}): ${items.map(notMigratedItem).join(', ')}`,
        ]),
      },
      {
        title: 'To look at in the spec',
        lines: (plan.notices ?? []).map((notice) => noticeWords(notice, (name) => name)),
      },
    ],
  };
}

function share(op: Operation, count: number): Share {
  return { word: OPERATION_WORDS[op].word, count, tone: op };
}

function kindsOf(actions: readonly PlannedAction[]): ReportModel['kinds'] {
  const counts = new Map<string, Record<Operation, number>>();
  for (const { address, op } of [...actions].sort(compareActions)) {
    const empty = () => Object.fromEntries(OPERATIONS.map((one) => [one, 0])) as Record<Operation, number>;
    const row = counts.get(kindOf(address)) ?? empty();
    row[op] += 1;
    counts.set(kindOf(address), row);
  }
  return [...counts].map(([kind, row]) => ({ kind, shares: ORDER.map((op) => share(op, row[op])) }));
}

function blockedConcerns(outline: PlanOutline): Concern[] {
  return outline.blocked.flatMap(({ reason, actions }): Concern[] => {
    const words = BLOCKED_WORDS[reason];
    const open = actions.filter(({ accepted }) => accepted === undefined);
    const items = (open.length > 0 ? open : actions).map((action) => ({
      name: action.address as Address,
      notes: notesOf(action, outline),
    }));
    const accepted = actions.length - open.length;
    const count = `${formatCount(actions.length)}${accepted > 0 ? `, ${formatCount(accepted)} accepted` : ''}`;
    return [
      {
        title: `Blocked: ${words.short} (${count})`,
        tone: open.length > 0 ? 'blocked' : 'skip',
        meaning: words.meaning,
        next: open.length > 0 ? words.next : undefined,
        items,
      },
    ];
  });
}

function notesOf(action: PlannedAction, outline: PlanOutline): string[] {
  const { lines, command } = actionNotes(action, outline);
  return command === undefined ? [...lines] : [...lines, command];
}

function itemOf(action: PlannedAction, outline: PlanOutline): ReportItem {
  return {
    tone: action.op,
    word: OPERATION_WORDS[action.op].word,
    name: action.address,
    why: reasonWords(action.reason, action.op),
    detail: detailOf(action, outline),
  };
}

function detailOf(action: PlannedAction, outline: PlanOutline): Markup | undefined {
  const { notes, fields, more } = objectContent(action);
  const tone = action.op === 'delete' ? 'removed' : 'added';
  const lines: Markup[] = [...notesOf(action, outline), ...notes].map((note) => html`${note}\n`);
  for (const { path, headline, lines: text, hidden } of fields) {
    lines.push(html`${path}: ${headline}\n`);
    for (const line of text) lines.push(html`<span class="${tone}">  ${line}</span>\n`);
    if (hidden > 0) lines.push(html`  … ${hidden} more lines\n`);
  }
  if (more > 0) lines.push(html`… ${more} more fields\n`);
  for (const { path, headline, lines: diff } of actionDiff(action, outline, MOST_DIFF_LINES)) {
    lines.push(html`${path}: ${headline}\n`);
    for (const { kind, text } of diff) lines.push(html`<span class="${kind}">${SIGNS[kind]} ${text}</span>\n`);
  }
  return lines.length === 0 ? undefined : html`<pre>${lines}</pre>`;
}

const SIGNS = { same: ' ', added: '+', removed: '-', note: ' ' } as const;
