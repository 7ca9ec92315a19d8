import type { QuarantineItem } from './stream-state.ts';

/**
 * What became of a quarantined item that was tried again: `sent` it is in the destination now · `kept` the destination has
 * a row of this id that was edited there · `gone` the source does not have the row any more · `refused` again ·
 * `without_id` there is no way to ask for the row · `changed` the source changed the row each time it was looked for, and it is
 * still to be sent · `unreadable` the source does not give the row, again · `given_up` nothing was sent, as asked. The first three and the last are dealt with.
 */
export type RetryOutcome = 'sent' | 'kept' | 'gone' | 'refused' | 'without_id' | 'changed' | 'unreadable' | 'given_up';

export interface RetriedItem {
  readonly item: QuarantineItem;
  readonly outcome: RetryOutcome;
  /** The server's words when it refused the item again, or why the row cannot be read. */
  readonly detail?: string;
}
