import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startHostileProxy } from '../../test/support/hostile-proxy.ts';
import { AnswerBody } from './answer-body.ts';
import { HttpClient } from './http-client.ts';
import { LEAST_PROGRESS } from './open-dispatcher.ts';
import { TooSlow } from './progress-watch.ts';

const PROGRESS = { ms: 120_000, bytes: LEAST_PROGRESS };
const MINUTES = 60_000;

describe('a body', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const WAYS = {
    waiting: async (body: AnswerBody, take: (piece: Buffer) => Promise<void> | undefined) => {
      for await (const piece of body) await take(piece);
    },
    listening: (body: AnswerBody, take: (piece: Buffer) => Promise<void> | undefined) => body.passTo(take),
  };
  type Way = keyof typeof WAYS;

  /** Brings a piece of so many bytes each second, `pieces` times; ends in time, or is read as long as it comes. */
  async function readSlowly(
    way: Way,
    bytes: number,
    pieces: number,
  ): Promise<{ read: number; error: unknown; ms: number }> {
    const stream = new Readable({ read: () => undefined });
    let [read, error, isOver]: [number, unknown, boolean] = [0, undefined, false];
    const since = performance.now();
    const take = (piece: Buffer) => {
      read += piece.length;
      return undefined;
    };
    const reading = WAYS[way](new AnswerBody(stream, PROGRESS), take)
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

  describe.each(['waiting', 'listening'] as const)('read %s', (way) => {
    test('of a byte a second is left after two minutes', async () => {
      const { error, ms } = await readSlowly(way, 1, 10_000);
      expect(error).toBeInstanceOf(TooSlow);
      expect(ms).toBeGreaterThanOrEqual(2 * MINUTES);
      expect(ms).toBeLessThan(2 * MINUTES + 5000);
    });

    test('of a slow network is read to its end, however long it takes', async () => {
      const { read, error, ms } = await readSlowly(way, 1200, 3600);
      expect({ read, error, ms }).toEqual({ read: 1200 * 3600, error: undefined, ms: 60 * MINUTES });
    });

    test('may have a reader that takes its time, and gets nothing more meanwhile', async () => {
      const stream = Readable.from([Buffer.alloc(10), Buffer.alloc(10)]);
      let [read, busy] = [0, false];
      await WAYS[way](new AnswerBody(stream, PROGRESS), async (piece) => {
        expect(busy).toBe(false);
        busy = true;
        read += piece.length;
        await vi.advanceTimersByTimeAsync(10 * MINUTES);
        busy = false;
      });
      expect([read, vi.getTimerCount()]).toEqual([20, 0]);
    });

    test('is hung up on by a reader that fails, at once or later', async () => {
      for (const fail of [
        () => {
          throw new Error('full');
        },
        () => Promise.reject(new Error('full')),
      ]) {
        const stream = Readable.from([Buffer.alloc(10), Buffer.alloc(10)]);
        await expect(WAYS[way](new AnswerBody(stream, PROGRESS), fail)).rejects.toThrow('full');
        expect([stream.destroyed, vi.getTimerCount()]).toEqual([true, 0]);
      }
    });

    test('that breaks off while it is read leaves no timer behind', async () => {
      const stream = new Readable({ read: () => undefined });
      let go = (): void => undefined;
      const busy = new Promise<void>((resolve) => {
        go = resolve;
      });
      const reading = WAYS[way](new AnswerBody(stream, PROGRESS), async () => {
        await vi.advanceTimersByTimeAsync(10 * MINUTES);
        stream.destroy(new Error('reset'));
        return busy;
      });
      stream.push('abc');
      stream.once('close', () => setImmediate(go));
      await expect(reading).rejects.toThrow('reset');
      await busy.then(() => undefined);
      expect(vi.getTimerCount()).toBe(0);
    });

    test('says what broke it off', async () => {
      const stream = new Readable({ read: () => undefined });
      const body = new AnswerBody(stream, PROGRESS);
      stream.push('abc');
      stream.destroy(new Error('reset'));
      await expect(WAYS[way](body, () => undefined)).rejects.toThrow('reset');
    });
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
