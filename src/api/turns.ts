import type { Pieces } from './answer-body.ts';

/** Lets one at a time go on where all together would take too much memory. */
export class Turns {
  private last: Promise<void> = Promise.resolve();

  /** Hands `pieces` to `read`; those behind the first `bytes` come when it is this one's turn, which ends with `read`. */
  async above<T>(bytes: number, pieces: Pieces, read: (pieces: Pieces) => Promise<T>): Promise<T> {
    let end = (): void => undefined;
    const turn = async (): Promise<void> => {
      const before = this.last;
      this.last = new Promise((resolve) => {
        end = resolve;
      });
      await before;
    };
    try {
      return await read(heldBack(pieces, bytes, turn));
    } finally {
      end();
    }
  }
}

function heldBack(pieces: Pieces, bytes: number, turn: () => Promise<void>): Pieces {
  let size = 0;
  return {
    passTo: (take) =>
      pieces.passTo((piece) => {
        const isAbove = size <= bytes && size + piece.length > bytes;
        size += piece.length;
        return isAbove ? turn().then(() => take(piece)) : take(piece);
      }),
  };
}
