import { BtMigrateError } from '../../domain/errors.ts';
import type { PageRequest, RowBytes } from '../../domain/row-io.ts';
import { RowNotServed } from '../../domain/row-not-served.ts';
import { PROXY_HINT } from '../classify-answer.ts';
import { pauseFor } from '../clock.ts';
import type { Connection } from '../connection.ts';
import type { Failure } from '../failure.ts';
import type { HttpAnswer } from '../http-client.ts';
import { AnswerTooLarge } from '../read-body.ts';
import { sendRequest } from '../send-request.ts';
import { PageSize } from './page-size.ts';
import { pageQuery } from './row-query.ts';

/** The documented page maximum (fact sheet 5.3). */
const MOST_ROWS = 1000;
/** Statuses of a server that could not do it for so many rows. */
const TOO_MUCH: ReadonlySet<number> = new Set([500, 504, 413]);
/** Milliseconds before a smaller page is asked for, times the pages that failed in a row. */
const SHRINK_PAUSE_MS = 300;

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const NEWLINE = 0x0a;
const ENVELOPE = Buffer.from('{"data":[');

/** Reads pages of rows as they come, in sizes that the server and the asker can bear. */
export class PageReader {
  private readonly connection: Connection;
  private readonly orgName: () => Promise<string>;
  private readonly sizes = new Map<string, PageSize>();

  constructor(connection: Connection, orgName: () => Promise<string>) {
    this.connection = connection;
    this.orgName = orgName;
  }

  /**
   * Reads one page. What the server cannot do for so many rows (500, 504, 413, a timeout, an answer too large) is asked
   * for again with fewer, down to one row, which is repeated like any read.
   * @throws RowNotServed for a single row that is answered with more than 128 MB, or with an error to the last attempt; else
   * what `sendRequest` throws, and BTM_RESPONSE_UNREADABLE for an answer that is cut or damaged.
   */
  async read(request: PageRequest): Promise<RowBytes> {
    const orgName = await this.orgName();
    const size = this.sizeOf(request);
    let limited = false;
    for (let failures = 1; ; failures++) {
      const asked = size.next(request.rows, request.bytes);
      let refusal: Failure | undefined;
      let last: Failure | undefined;
      try {
        const page = await sendRequest(this.connection, {
          method: 'POST',
          path: '/btql',
          body: pageQuery(request, asked),
          ...(asked === 1 ? {} : { largestAnswer: 2 * request.bytes }),
          allocate: request.allocate,
          orgName,
          repeatable: true,
          read: (answer) => readRows(answer, asked),
          endsWith: (failure) => {
            last = failure;
            limited ||= failure.repeat === 'limited';
            if (asked === 1 || !isTooMuch(failure)) return false;
            refusal = failure;
            return true;
          },
        });
        size.served(asked, rowsSeen(page, request.bytes), page.bytes.length);
        return { ...page, limited };
      } catch (error) {
        const cause = refusal?.cause;
        if (refusal === undefined) size.unknown(asked);
        else if (cause instanceof AnswerTooLarge) size.tooLarge(asked, cause.bytesPerLine, request.bytes);
        else size.refused(asked);
        if (refusal === undefined) throw asked === 1 ? this.notServed(error, last) : error;
      }
      await this.pause(refusal, refusal.cause instanceof AnswerTooLarge ? 0 : failures * SHRINK_PAUSE_MS, failures);
    }
  }

  /** A row that is not answered in time may be kept back by the network: nothing is said of it. */
  private notServed(error: unknown, last: Failure | undefined): unknown {
    if (!(error instanceof BtMigrateError) || last === undefined) return error;
    const { side } = this.connection.options;
    const { cause, answer } = last;
    if (cause instanceof AnswerTooLarge) {
      const why = `For this row alone the ${side} sends more than can be taken. ${cause.detail}`;
      return new RowNotServed(error, { reason: 'too_large', why, bytes: cause.announced });
    }
    if (answer === null || !TOO_MUCH.has(answer.status)) return error;
    const words = answer.serverText === '' ? '' : ` It says: ${answer.serverText}`;
    const why = `The ${side} answers ${answer.status} when it is asked for this row, and gives others.${words}`;
    return new RowNotServed(error, { reason: 'failed', why, bytes: null });
  }

  private async pause({ answer, code }: Failure, wait_ms: number, attempt: number): Promise<void> {
    const { clock, report, side, signal } = this.connection.options;
    const status = answer?.status ?? null;
    report({ type: 'retry_scheduled', side, method: 'POST', path: '/btql', status, code, wait_ms, attempt });
    await pauseFor(clock, wait_ms, signal);
  }

  private sizeOf({ containers, columns }: PageRequest): PageSize {
    const [{ stream, id }] = containers;
    const name = `${stream} ${id} ${columns}`;
    let size = this.sizes.get(name);
    if (size === undefined) {
      const { report, side } = this.connection.options;
      size = new PageSize(MOST_ROWS, (rows) => report({ type: 'page_limit', side, stream, container: id, rows }));
      this.sizes.set(name, size);
    }
    return size;
  }
}

/** True for a failure that fewer rows may avoid. */
function isTooMuch({ answer, load, effect, cause }: Failure): boolean {
  if (cause instanceof AnswerTooLarge) return true;
  if (answer === null) return load === 'congested' && effect === 'unknown';
  return TOO_MUCH.has(answer.status);
}

/** Checks that the answer is one and ends as one; what is between is for whoever reads rows. */
function readRows({ body, headers, waitedMs }: HttpAnswer, asked: number): Omit<RowBytes, 'limited'> {
  const cursor = headers.get('x-bt-cursor') ?? null;
  const first = body.findIndex((byte) => !isSpace(byte));
  if (first < 0) {
    // No rows are no bytes in this format; something else that answers nothing would end the stream.
    if (body.length === 0 && headers.get('content-type')?.includes('json') === true) {
      return { bytes: body, format: 'jsonl', cursor, asked, waitedMs };
    }
    throw damaged('is empty and does not say that it is JSON');
  }
  if (body[first] !== OPEN_BRACE) throw damaged('does not begin with a row', PROXY_HINT);
  let last = body.length - 1;
  while (isSpace(body[last])) last -= 1;
  if (body[last] !== CLOSE_BRACE) throw damaged('ends in the middle of a row');
  const isWhole = body.subarray(first, first + ENVELOPE.length).equals(ENVELOPE);
  return { bytes: body, format: isWhole ? 'json' : 'jsonl', cursor, asked, waitedMs };
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;
}

/** Rows of a page, counted only when its bytes matter; else as many as it can have. */
function rowsSeen({ bytes, format, asked }: Omit<RowBytes, 'limited'>, wanted: number): number {
  if (format === 'json' || bytes.length < wanted / 4) return asked;
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return Math.max(1, lines);
}

function damaged(how: string, hint?: string): BtMigrateError {
  return new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: `The answer ${how}, so it was not used.`,
    ...(hint === undefined ? {} : { hint }),
  });
}
