import { createHash, type Hash } from 'node:crypto';
import type { Digest } from '../domain/fingerprint.ts';

const COMMA = Buffer.from(',');

/**
 * Digest of consecutive rows, byte for byte, with one comma between two: what a window of written rows is compared by. The
 * rows of one transaction, in the order of their keys, make one window.
 */
export class RowDigest {
  private readonly hash: Hash = createHash('sha256');
  private begun = false;

  /** Adds `bytes[start..end)`: a row, or several with the commas between them. */
  add(bytes: Buffer, start: number, end: number): void {
    if (this.begun) this.hash.update(COMMA);
    this.begun = true;
    this.hash.update(bytes.subarray(start, end));
  }

  /** Null without rows. */
  finish(): Digest | null {
    return this.begun ? `sha256:${this.hash.digest('hex')}` : null;
  }
}
