import type { RowFilter } from '../domain/row-io.ts';
import type { WrittenWindow } from '../domain/stream-state.ts';
import { xactBelow } from '../domain/xact.ts';
import { checkWindows } from './check-windows.ts';
import type { ContainerCheck } from './container-check.ts';
import type { ContainerPairOf } from './selected-pair.ts';
import type { VerifyContext } from './verify-context.ts';

/** Checks `context.sample` of the windows, spread evenly from the first to the last. */
export async function sampleWindows(
  pair: ContainerPairOf,
  recorded: readonly WrittenWindow[],
  filter: RowFilter,
  context: VerifyContext,
  check: ContainerCheck,
): Promise<{ readonly rows: number; readonly isIntact: boolean }> {
  const count = Math.min(context.sample ?? recorded.length, recorded.length);
  let rows = 0;
  for (let n = 0; n < count; n += 1) {
    const window = recorded[count === 1 ? 0 : Math.round((n * (recorded.length - 1)) / (count - 1))];
    if (window === undefined) continue;
    const one = { ...filter, xactAfter: xactBelow(window.xact), xactUpTo: window.xact };
    const verdict = await checkWindows(pair, [window], one, context, check);
    rows += verdict.rows;
    if (!verdict.isIntact) return { rows, isIntact: false };
  }
  return { rows, isIntact: true };
}
