import { BtMigrateError, type ErrorParts } from './errors.ts';

/** `too_large`: the body (413); `rejected`: something in it (400, 422); `not_staged`: batches cannot be staged here. */
export type RefusalReason = 'too_large' | 'rejected' | 'not_staged';

/** Rows the server would not take, none of them: whoever wrote them may try with fewer. Code BTM_REQUEST_REJECTED. */
export class RowsRefused extends BtMigrateError {
  readonly reason: RefusalReason;
  /** The server's own words, cleaned. */
  readonly serverText: string;

  constructor(reason: RefusalReason, serverText: string, parts: ErrorParts) {
    super('BTM_REQUEST_REJECTED', parts);
    this.name = 'RowsRefused';
    this.reason = reason;
    this.serverText = serverText;
  }
}
