import { parseAddress } from '../../domain/address.ts';
import { isArray, isObject, type Json } from '../../domain/json.ts';
import type { PlannedAction } from '../../domain/plan.ts';
import { actsOnRows } from './acts-on-rows.ts';
import { clipText } from './clip-text.ts';
import { collisionWords } from './collision-words.ts';
import { copyWords } from './copy-words.ts';
import { plural } from './count-words.ts';
import { describeLoss, describeMarker } from './describe-marker.ts';
import { evidenceWords } from './evidence-words.ts';
import type { PlanOutline } from './plan-outline.ts';
import { projectOf } from './project-of.ts';
import { DEEPEST_LINES } from './render-value.ts';
import { rowDeletionWords } from './row-deletion-words.ts';
import { sanitizeText } from './sanitize-text.ts';

/** What a reviewer must know about an action besides its reason and its changes. Sanitised. */
export interface ActionNotes {
  readonly lines: readonly string[];
  /** A command for the operator to run. */
  readonly command: string | undefined;
}

const MOST_NOTES = 20;

export function actionNotes(action: PlannedAction, outline: PlanOutline): ActionNotes {
  const lines: string[] = [];
  if (action.accepted !== undefined) {
    const until = action.accepted.expires === undefined ? '' : ` until ${clipText(action.accepted.expires)}`;
    lines.push(`accepted${until}: ${clipText(action.accepted.reason)}`);
  }
  if (action.op === 'blocked') {
    lines.push(...limited(action.depends_on.map((id) => `needs ${clipText(id.slice(id.indexOf(':') + 1))}`)));
  }
  lines.push(...evidenceWords(action));
  if (action.op === 'blocked') lines.push(...markerNotes(action));
  if (actsOnRows(action)) lines.push('acts on rows as soon as it exists');
  const older = action.history?.length ?? 0;
  if (older > 0) lines.push(`${plural(older, 'older version')} that something pins will be written first`);
  lines.push(...copyWords(action), ...collisionWords(action), ...rowDeletionWords(action), ...takenAlong(action));
  lines.push(...limited((action.triggers ?? []).map((name) => `its rows will set off ${clipText(name)}`)));
  // Not as a comment behind the command: an interactive zsh would run what a hostile slug holds.
  if (isBundle(action))
    lines.push(`push the code of ${clipText(parseAddress(action.address).path.at(-1) ?? '')} again:`);
  return { lines, command: repushCommand(action, outline) };
}

function takenAlong({ takes_along }: PlannedAction): string[] {
  const { rows = 0, unseen = [] } = takes_along ?? {};
  return [
    ...(rows > 0 ? [`its ${plural(rows, 'row')} will be deleted with it, all written by this state`] : []),
    ...(unseen.length > 0
      ? [
          `whatever it holds that no list shows will be deleted with it: ${unseen.map((kind) => clipText(kind)).join(', ')}`,
        ]
      : []),
  ];
}

/** Where a blocked object waits for a secret or lost something; references that work are not worth a line. */
function markerNotes(action: PlannedAction): string[] {
  const notes: string[] = [];
  if (action.after !== undefined) findNoteworthy(action.after, '', notes);
  return limited(notes);
}

function findNoteworthy(value: Json, path: string, notes: string[], depth = 0): void {
  if (depth > DEEPEST_LINES) return;
  if (isArray(value)) {
    value.forEach((item, index) => {
      findNoteworthy(item, `${path}[${index}]`, notes, depth + 1);
    });
  } else if (isObject(value)) {
    const words =
      describeLoss(value) ?? ('$secret' in value || '$from_source' in value ? describeMarker(value) : undefined);
    if (words !== undefined) {
      notes.push(`${clipText(path)}: ${words}`);
      return;
    }
    for (const key of Object.keys(value))
      findNoteworthy(value[key] as Json, path === '' ? key : `${path}.${key}`, notes, depth + 1);
  }
}

function limited(lines: readonly string[]): string[] {
  if (lines.length <= MOST_NOTES) return [...lines];
  return [
    ...lines.slice(0, MOST_NOTES),
    `and ${plural(lines.length - MOST_NOTES, 'more like this', 'more like these')}`,
  ];
}

function repushCommand(action: PlannedAction, outline: PlanOutline): string | undefined {
  if (!isBundle(action)) return undefined;
  const project = projectOf(action.address) ?? '';
  return `bt functions push --project ${quoteForShell(outline.destinationNames.get(project) ?? project)}`;
}

function isBundle(action: PlannedAction): boolean {
  return action.op === 'blocked' && action.reason === 'code_bundle_not_migratable';
}

/** Double quotes where nothing in them is special, else single quotes: a name must never run when it is pasted. */
function quoteForShell(text: string): string {
  const shown = sanitizeText(text);
  return /["$`\\!]/.test(shown) ? `'${shown.replaceAll("'", "'\\''")}'` : `"${shown}"`;
}
