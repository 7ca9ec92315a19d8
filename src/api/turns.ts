/** Lets one at a time go on where all together would take too much memory. */
export class Turns {
  private last: Promise<void> = Promise.resolve();

  /** Hands `pieces` to `read`; those behind the first `bytes` come when it is this one's turn, which ends with `read`. */
  async above<T>(
    bytes: number,
    pieces: AsyncIterable<Buffer>,
    read: (pieces: AsyncIterable<Buffer>) => Promise<T>,
  ): Promise<T> {
    let end = (): void => undefined;
    const take = async (): Promise<void> => {
      const before = this.last;
      this.last = new Promise((resolve) => {
        end = resolve;
      });
      await before;
    };
    try {
      return await read(heldBack(pieces, bytes, take));
    } finally {
      end();
    }
  }
}

async function* heldBack(
  pieces: AsyncIterable<Buffer>,
  bytes: number,
  take: () => Promise<void>,
): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const piece of pieces) {
    const isAbove = size <= bytes && size + piece.length > bytes;
    size += piece.length;
    if (isAbove) await take();
    yield piece;
  }
}
