import { HttpSyntaxError } from './request-head.ts';

const NEWLINE = 0x0a;
const LONGEST_LINE = 4096;

/**
 * Puts together a body that comes in chunks. States: size line -> data -> line end -> size line …; after a chunk of size 0
 * trailer lines up to an empty one -> done.
 */
export class ChunkedBody {
  readonly #parts: Buffer[] = [];
  #state: 'size' | 'data' | 'end of data' | 'trailer' = 'size';
  #line = '';
  #left = 0;

  /** Takes bytes; answers where the body ended in them, -1 when it goes on. @throws HttpSyntaxError */
  take(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'data') {
        const part = bytes.subarray(at, at + this.#left);
        this.#parts.push(Buffer.from(part));
        at += part.length;
        this.#left -= part.length;
        if (this.#left === 0) this.#state = 'end of data';
        continue;
      }
      const newline = bytes.indexOf(NEWLINE, at);
      const stop = newline === -1 ? bytes.length : newline + 1;
      this.#line += bytes.toString('latin1', at, stop);
      at = stop;
      if (this.#line.length > LONGEST_LINE) throw new HttpSyntaxError(400, 'A chunk has too long a line');
      if (newline !== -1 && this.#endLine()) return at;
    }
    return -1;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /** True when the line was the last of the body. */
  #endLine(): boolean {
    const line = this.#line.trim();
    this.#line = '';
    if (this.#state === 'trailer') return line === '';
    if (this.#state === 'end of data') {
      if (line !== '') throw new HttpSyntaxError(400, 'A chunk is longer than announced');
      this.#state = 'size';
      return false;
    }
    const digits = /^([0-9a-f]{1,8})(?:\s*;.*)?$/i.exec(line)?.[1];
    if (digits === undefined) throw new HttpSyntaxError(400, 'Not the size of a chunk');
    this.#left = Number.parseInt(digits, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'data';
    return false;
  }
}
