import { BtMigrateError } from './errors.ts';

export interface NotServed {
  /** `too_large`: the answer is larger than any that is read; `failed`: an error, as often as it was asked for. */
  readonly reason: 'too_large' | 'failed';
  /** A sentence about the row that does not name it. */
  readonly why: string;
  /** Of the answer as it was announced; null when it was not. */
  readonly bytes: number | null;
}

/** A page of a single row that the server did not give: the error that ended the last attempt, and what it says of the row. */
export class RowNotServed extends BtMigrateError {
  readonly notServed: NotServed;

  constructor({ code, detail, hint, cause }: BtMigrateError, notServed: NotServed) {
    super(code, { detail, ...(hint === undefined ? {} : { hint }), cause });
    this.name = 'RowNotServed';
    this.notServed = notServed;
  }
}
