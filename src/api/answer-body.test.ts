import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startHostileProxy } from '../../test/support/hostile-proxy.ts';
import { AnswerBody, TooSlow } from './answer-body.ts';
import { HttpClient } from './http-client.ts';
import { LEAST_PROGRESS } from './open-dispatcher.ts';

const PROGRESS = { ms: 120_000, bytes: LEAST_PROGRESS };
const MINUTES = 60_000;

describe('a body', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Brings a piece of so many bytes each second, `pieces` times; ends in time, or is read as long as it comes. */
  async function readSlowly(bytes: number, pieces: number): Promise<{ read: number; error: unknown; ms: number }> {
    const stream = new Readable({ read: () => undefined });
    let [read, error, isOver]: [number, unknown, boolean] = [0, undefined, false];
    const since = performance.now();
    const reading = (async () => {
      for await (const piece of new AnswerBody(stream, PROGRESS)) read += piece.length;
    })()
      .catch((caught: unknown) => {
        error = caught;
      })
      .finally(() => {
        isOver = true;
      });
    for (let n = 0; n < pieces && !isOver; n++) {
      await vi.advanceTimersByTimeAsync(1000);
      if (!stream.destroyed) stream.push(Buffer.alloc(bytes));
    }
    if (!stream.destroyed) stream.push(null);
    const ms = performance.now() - since;
    vi.useRealTimers();
    await reading;
    return { read, error, ms };
  }

  test('of a byte a second is left after two minutes', async () => {
    const { error, ms } = await readSlowly(1, 10_000);
    expect(error).toBeInstanceOf(TooSlow);
    expect(ms).toBeGreaterThanOrEqual(2 * MINUTES);
    expect(ms).toBeLessThan(2 * MINUTES + 5000);
  });

  test('of a slow network is read to its end, however long it takes', async () => {
    expect(await readSlowly(1200, 3600)).toMatchObject({ read: 1200 * 3600, error: undefined, ms: 60 * MINUTES });
  });

  test('may have a reader that takes its time', async () => {
    const stream = Readable.from([Buffer.alloc(10), Buffer.alloc(10)]);
    let read = 0;
    for await (const piece of new AnswerBody(stream, PROGRESS)) {
      read += piece.length;
      await vi.advanceTimersByTimeAsync(10 * MINUTES);
    }
    expect(read).toBe(20);
  });
});

test('whoever sends a request hears of a body that hardly comes', async () => {
  const server = await startHostileProxy('http://127.0.0.1:1');
  server.turnHostile({ method: 'GET', path: /./, status: 200, body: { everyMs: 20 } });
  const client = new HttpClient({ connect: 10_000, headers: 10_000, body: 300 }, undefined);
  const request = { method: 'GET', url: new URL(server.url), headers: {}, body: undefined, signal: undefined } as const;
  await expect(client.send(request)).rejects.toBeInstanceOf(TooSlow);
  const { stream } = await client.open(request);
  await expect(async () => {
    for await (const _piece of stream);
  }).rejects.toBeInstanceOf(TooSlow);
  await client.close();
  await server.close();
});
