import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BtMigrateError } from '../domain/errors.ts';
import type { AnswerBody, Pieces } from './answer-body.ts';

const unzip = promisify(gunzip);
const NEWLINE = 0x0a;
/** Bytes read of an answer that announces to be too large, to learn how long its lines are. */
const SAMPLE = 4 * 1024 * 1024;

/** Bytes read of an answer that is only to explain its status, and how long they are waited for. */
const EXPLANATION = 256 * 1024;
const EXPLANATION_MS = 10_000;

/** Memory for at least so many bytes. */
export type Allocate = (bytes: number) => Buffer;

/** The same request would be answered the same way again. */
export class AnswerTooLarge extends BtMigrateError {
  /** Bytes of a line of the answer, as far as it was read; null when no line ended. */
  readonly bytesPerLine: number | null;
  /** Bytes of the whole answer as it was announced; null when it was not. */
  readonly announced: number | null;

  constructor(limit: number, bytesPerLine: number | null, announced: number | null) {
    super('BTM_RESPONSE_UNREADABLE', {
      detail: `The answer is larger than ${Math.round(limit / 1024 / 1024)} MB and was not read to its end.`,
    });
    this.bytesPerLine = bytesPerLine;
    this.announced = announced;
  }
}

/**
 * Reads a body whole and unzips it. `length` is what the answer announced, so that the bytes are held once only.
 * @throws AnswerTooLarge beyond `limit` bytes, BTM_RESPONSE_UNREADABLE when its compression is broken, else whatever the
 * network throws.
 */
export async function readBody(
  pieces: Pieces,
  length: number,
  limit: number,
  // Not from the pool of small buffers: a page outlives many requests, and would keep its neighbours in memory.
  allocate: Allocate = Buffer.allocUnsafeSlow,
): Promise<Buffer> {
  if (length > 0 && length <= limit) return unzipped(await readAnnounced(pieces, length, allocate), limit);
  const enough = length > limit ? Math.min(limit, SAMPLE) : limit;
  const read: Buffer[] = [];
  let size = 0;
  await pieces.passTo((piece) => {
    size += piece.length;
    read.push(piece);
    if (size > enough) throw new AnswerTooLarge(limit, bytesPerLine(read, size), length > limit ? length : null);
    return undefined;
  });
  return unzipped(Buffer.concat(read, size), limit);
}

/** Reads as much of a body as an explanation needs; nothing of a compressed one that goes on. Throws what the network throws. */
export async function readBeginning(body: AnswerBody): Promise<Buffer> {
  const { bytes, isWhole } = await body.beginning(EXPLANATION, EXPLANATION_MS);
  if (!isGzip(bytes)) return bytes;
  if (!isWhole) return Buffer.alloc(0);
  return unzipped(bytes, EXPLANATION).catch(() => Buffer.alloc(0));
}

async function readAnnounced(pieces: Pieces, length: number, allocate: Allocate): Promise<Buffer> {
  let bytes: Buffer | undefined;
  let size = 0;
  await pieces.passTo((piece) => {
    if (bytes === undefined && piece.length === length) bytes = piece;
    else {
      bytes ??= allocate(length);
      bytes.set(piece, size);
    }
    size += piece.length;
    return undefined;
  });
  return (bytes ?? Buffer.alloc(0)).subarray(0, size);
}

/** Objects in a store may be gzip without saying so (fact sheet 1.6); JSON never begins with gzip's first bytes. */
async function unzipped(body: Buffer, limit: number): Promise<Buffer> {
  if (!isGzip(body)) return body;
  try {
    return await unzip(body, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new AnswerTooLarge(limit, null, null);
    throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', { detail: 'The compressed answer is damaged.', cause });
  }
}

function isGzip(body: Buffer | undefined): boolean {
  return body?.[0] === 0x1f && body[1] === 0x8b;
}

function bytesPerLine(pieces: readonly Buffer[], size: number): number | null {
  if (isGzip(pieces[0])) return null;
  let lines = 0;
  for (const piece of pieces) {
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) lines += 1;
  }
  return lines === 0 ? null : Math.ceil(size / lines);
}
