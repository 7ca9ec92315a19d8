import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type Progress, ProgressWatch, TooSlow } from './progress-watch.ts';

/** Takes a piece of a body; nothing more comes while what it answers is pending. */
export type Take = (piece: Buffer) => Promise<void> | undefined;

/** Something that hands out its bytes as they come. */
export interface Pieces {
  passTo(take: Take): Promise<void>;
}

/** Bytes of an unwanted body that are read so that its connection can be used again, and how long they are waited for. */
const UNWANTED = 128 * 1024;
const UNWANTED_MS = 5_000;

/**
 * The bytes of an answer, as they come. Only the time counts in which they are waited for, so that a reader may be as slow
 * as it likes; a slow network may, too, as long as something comes.
 */
export class AnswerBody implements AsyncIterable<Buffer>, Pieces {
  private readonly stream: Readable;
  private readonly progress: Progress;

  constructor(stream: Readable, progress: Progress) {
    this.stream = stream;
    this.progress = progress;
    // Whoever reads it hears of errors all the same; whoever destroys it unread does not want to.
    stream.on('error', () => undefined);
  }

  /**
   * Hands out each piece in the moment in which it comes, without waiting for one after the other as an iterator does.
   * @throws TooSlow, what `take` throws, or what the network throws.
   */
  async passTo(take: Take): Promise<void> {
    const { stream } = this;
    const end = (error: unknown): unknown => stream.destroy(error as Error);
    const watch = new ProgressWatch(this.progress, end);
    stream.on('data', (piece: Buffer) => {
      watch.got(piece.length);
      try {
        const pending = take(piece);
        if (pending === undefined) return watch.wait();
        stream.pause();
        pending.then(() => {
          watch.wait();
          stream.resume();
        }, end);
      } catch (error) {
        end(error);
      }
    });
    watch.wait();
    try {
      await finished(stream, { writable: false });
    } finally {
      watch.end();
      stream.destroy();
    }
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

  private async *read(progress: Progress): AsyncGenerator<Buffer> {
    const pieces: AsyncIterator<Buffer> = this.stream[Symbol.asyncIterator]();
    const watch = new ProgressWatch(progress, (error) => this.stream.destroy(error));
    try {
      for (;;) {
        watch.wait();
        const { value, done } = await pieces.next();
        if (done === true) return;
        watch.got(value.length);
        yield value;
      }
    } finally {
      watch.end();
      this.stream.destroy();
    }
  }
}
