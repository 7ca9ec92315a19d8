import type { PlannedAction } from '../../domain/plan.ts';
import type { PlannedCopy } from '../../domain/stream-plan.ts';
import { clipText } from './clip-text.ts';
import { formatBytes, formatCount, plural } from './count-words.ts';

/** What a copy brings: `1,200 rows, about 5.6 MB`; nothing for any other action. */
export function copyWords({ op, after }: PlannedAction): string[] {
  if (op !== 'copy' || after === undefined) return [];
  const { pass, rows, bytes, mends, may_collide: mayCollide } = after as unknown as PlannedCopy;
  const lines = [sizeWords(rows, bytes)];
  if (pass === 'next') lines.push('at most so many: only what was added or edited since the last copy');
  if (mends !== undefined) lines.push(mendWords(mends));
  if (mayCollide) lines.push('the destination may hold rows with these ids: streams.on_row_conflict decides');
  return lines;
}

/** References that are named; the plan file names every one. */
const MOST_NAMED = 3;

function mendWords({ rows, references }: NonNullable<PlannedCopy['mends']>): string {
  const names = references.map(({ type, source_id, address }) => clipText(address ?? `${type} ${source_id}`));
  const more = names.length > MOST_NAMED ? ` and ${formatCount(names.length - MOST_NAMED)} more` : '';
  return `at most ${plural(rows, 'row')} of them written again, to refer to ${names.slice(0, MOST_NAMED).join(', ')}${more}`;
}

/** `1,200 rows, about 5.6 MB`, as far as it is known. */
function sizeWords(rows: number | null, bytes: number | null): string {
  if (rows === null) return 'rows not counted';
  return `${plural(rows, 'row')}${bytes === null || rows === 0 ? '' : `, about ${formatBytes(bytes)}`}`;
}

/** The sums of all copies: `Rows to copy: 1,200 rows, about 5.6 MB, from 3 containers.`; nothing without a copy. */
export function copySums(
  copies: number,
  estimates: { readonly rows: number | null; readonly bytes: number | null },
): string[] {
  if (copies === 0) return [];
  const containers = `${formatCount(copies)} ${copies === 1 ? 'container' : 'containers'}`;
  return [`Rows to copy: ${sizeWords(estimates.rows, estimates.bytes)}, from ${containers}.`];
}
