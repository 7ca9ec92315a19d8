import { createHash } from 'node:crypto';
import { BtMigrateError } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/json.ts';
import { normalRow } from '../normal-row.ts';

/** Bytes of what is remembered of a row. */
export const MEANING_BYTES = 16;

/** A hash of what a row says, its id and container included, however the service spells it when it is read back. */
export function hashMeaning(row: Buffer): Buffer {
  return createHash('sha256').update(meaningOf(row)).digest().subarray(0, MEANING_BYTES);
}

function meaningOf(row: Buffer): string | Buffer {
  try {
    return canonicalJson(normalRow(row.toString('utf8')));
  } catch (error) {
    // What only the splicer can read comes back as it was sent, or nobody can tell whether it is the same.
    if (!(error instanceof BtMigrateError)) throw error;
    return row;
  }
}
