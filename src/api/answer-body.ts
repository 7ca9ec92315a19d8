import type { Readable } from 'node:stream';

/** The least a body must bring while it is waited for: so many bytes in so many milliseconds, or it ends. */
export interface Progress {
  readonly ms: number;
  readonly bytes: number;
}

/** Bytes of an unwanted body that are read so that its connection can be used again, and how long they are waited for. */
const UNWANTED = 128 * 1024;
const UNWANTED_MS = 5_000;

/** A body that hardly comes. Its code is that of the system's own timeout. */
export class TooSlow extends Error {
  readonly code = 'ETIMEDOUT';

  constructor({ ms, bytes }: Progress) {
    super(`the answer brought less than ${bytes} bytes in ${ms / 1000} s`);
  }
}

/**
 * The bytes of an answer, as they come. Only the time counts in which they are waited for, so that a reader may be as slow
 * as it likes; a slow network may, too, as long as something comes.
 */
export class AnswerBody implements AsyncIterable<Buffer> {
  private readonly stream: Readable;
  private readonly progress: Progress;

  constructor(stream: Readable, progress: Progress) {
    this.stream = stream;
    this.progress = progress;
    // Whoever reads it hears of errors all the same; whoever destroys it unread does not want to.
    stream.on('error', () => undefined);
  }

  /** @throws TooSlow, or what the network throws. */
  [Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    return this.read(this.progress);
  }

  /** The beginning, for at most so many milliseconds and not much more bytes. @throws what the network throws. */
  async beginning(bytes: number, ms: number): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
    const pieces: Buffer[] = [];
    let size = 0;
    try {
      for await (const piece of this.read({ ms, bytes: Number.POSITIVE_INFINITY })) {
        pieces.push(piece);
        size += piece.length;
        if (size > bytes) return { bytes: Buffer.concat(pieces), isWhole: false };
      }
      return { bytes: Buffer.concat(pieces), isWhole: true };
    } catch (error) {
      if (!(error instanceof TooSlow)) throw error;
      return { bytes: Buffer.concat(pieces), isWhole: false };
    }
  }

  /** For a body of which nothing is wanted: what it does is no error. */
  async discard(): Promise<void> {
    await this.beginning(UNWANTED, UNWANTED_MS).catch(() => undefined);
  }

  /** Hangs up. */
  destroy(): void {
    this.stream.destroy();
  }

  /** States: waiting for a piece (time counts) → the reader has it (none does) → waiting …; ended from both. */
  private async *read(progress: Progress): AsyncGenerator<Buffer> {
    const pieces: AsyncIterator<Buffer> = this.stream[Symbol.asyncIterator]();
    let since = performance.now();
    let waitedMs = 0;
    let size = 0;
    let isWaiting = false;
    let timer: NodeJS.Timeout | undefined;
    // One timer for many pieces: most come at once, and one for each would cost more than the piece.
    const look = (): void => {
      timer = undefined;
      if (!isWaiting) return;
      const left = progress.ms - waitedMs - (performance.now() - since);
      if (left > 0) timer = setTimeout(look, Math.ceil(left));
      else this.stream.destroy(new TooSlow(progress));
    };
    try {
      for (;;) {
        since = performance.now();
        isWaiting = true;
        timer ??= setTimeout(look, Math.ceil(progress.ms - waitedMs));
        const { value, done } = await pieces.next();
        isWaiting = false;
        if (done === true) return;
        waitedMs += performance.now() - since;
        size += value.length;
        if (size >= progress.bytes) [waitedMs, size] = [0, 0];
        yield value;
      }
    } finally {
      clearTimeout(timer);
      this.stream.destroy();
    }
  }
}
