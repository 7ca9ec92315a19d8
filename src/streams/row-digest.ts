import { type CipherGCM, createCipheriv } from 'node:crypto';

const COMMA = Buffer.from(',');
/** Nothing is kept secret by it: what counts is that everybody uses the same. */
const KEY = Buffer.from('bt-migrate: rows');
const NONCE = Buffer.alloc(12);

/**
 * Digest of consecutive rows, byte for byte, with one comma between two: what a window of written rows is compared by. The
 * rows of one transaction, in the order of their keys, make one window. It is GMAC: 128 bits against damage of any kind, though
 * not against somebody who forges, at several times the speed of SHA-256.
 */
export class RowDigest {
  private readonly mac: CipherGCM = createCipheriv('aes-128-gcm', KEY, NONCE);
  private begun = false;

  /** Adds `bytes[start..end)`: a row, or several with the commas between them. */
  add(bytes: Buffer, start: number, end: number): void {
    if (this.begun) this.mac.setAAD(COMMA);
    this.begun = true;
    this.mac.setAAD(bytes.subarray(start, end));
  }

  /** Ends the digest: `gmac:` and 32 hex digits. Null without rows. */
  finish(): string | null {
    if (!this.begun) return null;
    this.mac.final();
    return `gmac:${this.mac.getAuthTag().toString('hex')}`;
  }
}
