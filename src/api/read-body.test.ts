import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Pieces } from './answer-body.ts';
import { AnswerTooLarge, readBody } from './read-body.ts';

const MEGABYTE = 1024 * 1024;
const PIECE = Buffer.from(`${'x'.repeat(1023)}\n`.repeat(64));

function piecesOf(stream: Iterable<Buffer>): Pieces {
  return {
    async passTo(take) {
      for (const piece of stream) await take(piece);
    },
  };
}

/** A server that streams forever; says how much was taken from it and whether somebody hung up. */
function endless(): { pieces: Pieces; taken: () => number; isClosed: () => boolean } {
  let taken = 0;
  let isClosed = false;
  function* stream(): Generator<Buffer> {
    try {
      for (;;) {
        taken += PIECE.length;
        yield PIECE;
      }
    } finally {
      isClosed = true;
    }
  }
  return { pieces: piecesOf(stream()), taken: () => taken, isClosed: () => isClosed };
}

test('an answer that never ends is left at the limit, and the connection with it', async () => {
  const { pieces, taken, isClosed } = endless();
  const error = await readBody(pieces, 0, MEGABYTE).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AnswerTooLarge);
  expect(error).toMatchObject({ code: 'BTM_RESPONSE_UNREADABLE', bytesPerLine: 1024 });
  expect(taken()).toBe(MEGABYTE + PIECE.length);
  expect(isClosed()).toBe(true);
});

test('an answer that announces too much is read only so far that the length of its lines is known', async () => {
  const { pieces, taken } = endless();
  await expect(readBody(pieces, 1000 * MEGABYTE, 100 * MEGABYTE)).rejects.toBeInstanceOf(AnswerTooLarge);
  expect(taken()).toBeLessThan(5 * MEGABYTE);
});

test('an answer that unzips to more than the limit is not unzipped to its end', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * MEGABYTE));
  expect(bomb.length).toBeLessThan(MEGABYTE);
  await expect(readBody(piecesOf([bomb]), bomb.length, MEGABYTE)).rejects.toBeInstanceOf(AnswerTooLarge);
});
