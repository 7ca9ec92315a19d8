import { kindOf } from '../../domain/address.ts';
import { compareText } from '../../domain/json.ts';
import { REASONS } from '../../domain/plan.ts';
import type { ActionError, ActionResult, ActionStatus, RunSummary } from '../../domain/run-summary.ts';
import { formatBytes, formatCount, formatDuration, plural } from '../views/count-words.ts';
import { rowNotes } from '../views/list-rows.ts';
import { compareKinds } from '../views/plan-outline.ts';
import { BLOCKED_WORDS, type BlockedReason, OPERATION_WORDS, reasonWords } from '../views/plan-words.ts';
import { runHeadline } from '../views/render-run-summary.ts';
import { dependencyGraph } from './dependency-graph.ts';
import { html, type Markup } from './html.ts';
import type { Timeline } from './read-timeline.ts';
import type { Concern, ReportItem, ReportModel, Share, Tone } from './report-model.ts';

/** In the order of the list: what needs a decision first. */
const STATUS: Readonly<Record<ActionStatus, { readonly word: string; readonly tone: Tone }>> = {
  failed: { word: 'failed', tone: 'delete' },
  not_attempted: { word: 'not attempted', tone: 'update' },
  blocked: { word: 'blocked', tone: 'blocked' },
  done: { word: 'done', tone: 'create' },
  recorded: { word: 'adopted', tone: 'link' },
  already_done: { word: 'done earlier', tone: 'copy' },
  unchanged: { word: 'unchanged', tone: 'skip' },
};
const STATUSES = Object.keys(STATUS) as ActionStatus[];

/** Arranges the report of a run for the page; with its events, also how fast rows were copied when. */
export function runModel(run: RunSummary, timeline: Timeline | undefined): ReportModel {
  const of = (status: ActionStatus) => run.actions.filter((action) => action.status === status);
  const { rows, bytes } = run.summary;
  return {
    title: run.run_id === null ? 'Migration run' : `Migration run ${run.run_id}`,
    headline: runHeadline(run),
    facts: [
      ['Plan', run.plan_digest],
      ['Took', `${formatDuration(run.duration_ms)}${run.resumed ? ', going on with an earlier run' : ''}`],
      [
        'Requests',
        `${formatCount(run.requests.source)} to the source, ${formatCount(run.requests.destination)} to the destination`,
      ],
      ...(rows > 0 ? [['Rows', `${plural(rows, 'row')}, ${formatBytes(bytes)}`] as const] : []),
    ],
    tiles: STATUSES.map((status) => ({ ...STATUS[status], count: of(status).length })),
    kinds: kindsOf(run.actions),
    concerns: [
      ...endingConcern(run),
      ...failedConcerns(run),
      ...quarantineConcern(run),
      ...blockedConcerns(of('blocked')),
    ],
    graph: {
      ...dependencyGraph(
        run.actions.map(({ id, address, because_of: cause, status, op }) => ({
          id,
          address,
          needs: cause === undefined ? [] : [cause],
          tone: STATUS[status].tone,
          word: `${STATUS[status].word}: ${op}`,
        })),
      ),
      note: 'What was not attempted stands to the right of what it waited for.',
    },
    streams: run.streams.map(({ address, rows: copied, bytes: size, quarantined }) => ({
      name: address,
      rows: copied,
      bytes: size,
      quarantined,
      durationMs: timeline?.durations.get(address),
    })),
    throughput: timeline?.throughput,
    items: [...run.actions]
      .sort((a, b) => STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status) || compareText(a.address, b.address))
      .map(itemOf),
    lists: [{ title: 'What else became of rows', lines: [...keptRows(run), ...rowNotes(run.row_notes ?? {})] }],
  };
}

function kindsOf(actions: readonly ActionResult[]): ReportModel['kinds'] {
  const kinds = new Map<string, Map<ActionStatus, number>>();
  for (const { address, status } of actions) {
    const row = kinds.get(kindOf(address)) ?? new Map<ActionStatus, number>();
    kinds.set(kindOf(address), row.set(status, (row.get(status) ?? 0) + 1));
  }
  return [...kinds]
    .sort(([a], [b]) => compareKinds(a, b))
    .map(([kind, row]) => ({
      kind,
      shares: STATUSES.map((status): Share => ({ ...STATUS[status], count: row.get(status) ?? 0 })),
    }));
}

function endingConcern({ ended_by: error, actions }: RunSummary): Concern[] {
  if (error === undefined) return [];
  const left = actions.filter(({ status, because_of }) => status === 'not_attempted' && because_of === undefined);
  return [
    {
      title: `The run ended early: ${error.summary}`,
      tone: 'delete',
      meaning: error.detail,
      next: error.hint ?? 'Run the same command again: it goes on where this run stopped.',
      items: left.map(({ address }) => ({ name: address, notes: [] })),
    },
  ];
}

function failedConcerns({ actions }: RunSummary): Concern[] {
  return actions.flatMap((action): Concern[] => {
    if (action.status !== 'failed') return [];
    const waiting = actions.filter(({ because_of: cause }) => cause === action.id);
    return [
      {
        title: `Failed: ${action.error?.summary ?? 'no reason was recorded'}`,
        tone: 'delete',
        meaning: action.error?.detail,
        next:
          action.error?.hint ??
          'Settle what the server complains about and apply the same plan again: it goes on from here.',
        items: [
          { name: `${action.op} ${action.address}`, notes: [] },
          ...waiting.map(({ op, address }) => ({ name: `${op} ${address}`, notes: ['not attempted because of it'] })),
        ],
      },
    ];
  });
}

function quarantineConcern({ streams }: RunSummary): Concern[] {
  const items = streams.flatMap(({ address, quarantined }) =>
    quarantined === 0 ? [] : [{ name: address, notes: [`${formatCount(quarantined)} were set aside`] }],
  );
  if (items.length === 0) return [];
  return [
    {
      title: 'Quarantined: rows or attachments that could not be read or were not taken',
      tone: 'update',
      meaning:
        'The rest of each stream was copied. What was read of these is kept in the quarantine folder beside the state.',
      next: 'See what is wrong with bt-migrate quarantine list, and send them again with bt-migrate quarantine retry.',
      items,
    },
  ];
}

function keptRows({ streams }: RunSummary): string[] {
  return streams.flatMap(({ address, kept = 0, deleted, returned = 0 }) => [
    ...(deleted === undefined ? [] : [`${address}: ${plural(deleted, 'row')} deleted that the source no longer has`]),
    ...(returned === 0 ? [] : [`${address}: ${plural(returned, 'row')} left because the source has them again`]),
    ...(kept === 0 ? [] : [`${address}: ${plural(kept, 'row')} left as edited in the destination`]),
  ]);
}

function blockedConcerns(blocked: readonly ActionResult[]): Concern[] {
  const open = blocked.filter(({ accepted }) => accepted !== true);
  return [...new Set(open.map(({ reason }) => reason))].map((reason): Concern => {
    const words = Object.hasOwn(BLOCKED_WORDS, reason) ? BLOCKED_WORDS[reason as BlockedReason] : undefined;
    const items = open.filter((action) => action.reason === reason);
    return {
      title: `Blocked: ${words?.short ?? reason} (${formatCount(items.length)})`,
      tone: 'blocked',
      meaning: words?.meaning,
      next: words?.next,
      items: items.map(({ address }) => ({ name: address, notes: [] })),
    };
  });
}

function itemOf(action: ActionResult): ReportItem {
  const { word, tone } = STATUS[action.status];
  const accepted = action.accepted === true ? ', accepted' : '';
  return {
    tone,
    word,
    name: action.address,
    why: `${OPERATION_WORDS[action.op].word}: ${whyOf(action)}${accepted}`,
    detail: detailOf(action),
  };
}

// A later version may know reasons that this one does not.
function whyOf({ op, reason }: ActionResult): string {
  return (REASONS[op] as readonly string[]).includes(reason) ? reasonWords(reason, op) : reason;
}

function detailOf({ error, because_of: cause }: ActionResult): Markup | undefined {
  if (error !== undefined) return html`<pre>${errorLines(error).map((line) => html`${line}\n`)}</pre>`;
  return cause === undefined ? undefined : html`<pre>waited for ${cause}</pre>`;
}

function errorLines({ code, summary, detail, hint }: ActionError): string[] {
  return [`${code}: ${summary}`, ...detail.split('\n'), ...(hint === undefined ? [] : [hint])];
}
