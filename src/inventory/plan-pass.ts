import type { RowFilter } from '../domain/row-io.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateSnapshot } from '../domain/state.ts';
import { type StreamProgress, type StreamRange, windowDigest } from '../domain/stream-state.ts';
import type { SelectedStream } from './select-streams.ts';

/** What the next pass over a container has to read, as far as the state can tell. */
export interface NextPass {
  readonly pass: 'first' | 'next';
  /** Exclusive; null when all rows are to be read. */
  readonly xactAfter: string | null;
  readonly createdAfter: string | null;
  readonly createdBefore: string | null;
  /** Set when the pass starts behind what an earlier one settled. */
  readonly progress: StreamProgress | undefined;
  /** A pass that was begun and not finished; it is taken up. */
  readonly unfinished: readonly StreamRange[];
}

/**
 * A pass starts behind what the last one settled. It reads everything when nothing was copied into this destination
 * container before, and when the creation window changed: then what was copied before says nothing about the rest.
 */
export function planPass(
  { stream, source, destination }: SelectedStream,
  { streams }: Spec,
  state: Pick<StateSnapshot, 'streams' | 'unfinished'>,
): NextPass {
  const window = stream === 'logs' ? streams.logs : NO_WINDOW;
  const bounds = { createdAfter: window.createdAfter ?? null, createdBefore: window.createdBefore ?? null };
  const isOurs = (one: { stream: string; container: string; destinationContainer: string }): boolean =>
    one.stream === stream && one.container === source.id && one.destinationContainer === destination?.id;
  const known = state.streams.find(isOurs);
  const unfinished = state.unfinished.filter(isOurs);
  const isSameWindow = known !== undefined && known.windowDigest === windowDigest(bounds);
  return {
    pass: known === undefined ? 'first' : 'next',
    xactAfter: isSameWindow ? known.settled : null,
    ...bounds,
    progress: isSameWindow ? known : undefined,
    unfinished,
  };
}

const NO_WINDOW = { createdAfter: undefined, createdBefore: undefined };

/** What a pass reads of its container, before it is known how far it goes. */
export function filterOfPass({ xactAfter, createdAfter, createdBefore }: NextPass): RowFilter {
  return { keyAfter: null, keyUpTo: null, xactAfter, xactUpTo: null, createdAfter, createdBefore };
}
