import type { PlannedAction } from '../../domain/plan.ts';
import { clipText } from './clip-text.ts';
import { formatCount, plural } from './count-words.ts';

/** Which rows both sides hold under one id: `rows that both have: r0 (1 of 2 rows looked at in the destination)`. Sanitised. */
export function collisionWords({ collides }: PlannedAction): string[] {
  if (collides === undefined) return [];
  const { ids, looked_at: lookedAt, found } = collides;
  const share = `${found === 0 ? 'none' : formatCount(found)} of ${plural(lookedAt, 'row')} looked at in the destination`;
  // In a copy without content only their number is left.
  if (ids.length === 0) return [`rows that both have: ${share}`];
  const more = found > ids.length ? ` and ${formatCount(found - ids.length)} more` : '';
  return [`rows that both have: ${ids.map((id) => clipText(id)).join(', ')}${more} (${share})`];
}
