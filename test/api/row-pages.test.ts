import { afterEach, describe, expect, test } from 'vitest';
import type { EmulatorOptions } from '../../emulator/start-emulator.ts';
import type { ConnectionOptions } from '../../src/api/connection-options.ts';
import { openReader } from '../../src/api/open-org.ts';
import { BtMigrateError } from '../../src/domain/errors.ts';
import type { RunEvent } from '../../src/domain/event.ts';
import type { PageRequest, PageStart, RowBytes } from '../../src/domain/row-io.ts';
import { RowNotServed } from '../../src/domain/row-not-served.ts';
import { apiFixture, withLogin } from '../support/api-fixture.ts';
import { ALL_ROWS, PlantedSource } from '../support/planted-source.ts';
import { startScriptedServer } from '../support/scripted-server.ts';

const key = (n: number): string => `p075718525886476${String(45_000 + n)}`;
let source: PlantedSource;
afterEach(() => source.close());

/** A project with so many log rows, r0 first. */
async function start(rows: number, options: EmulatorOptions = {}, changes: Partial<ConnectionOptions> = {}) {
  source = await PlantedSource.start(1, options, changes);
  source.plant(
    Array.from({ length: rows }, (_, n) => ({
      _pagination_key: key(n),
      row: { id: `r${n}`, input: 'Where is my order?' },
    })),
  );
  source.emulator.requests.clear();
}

function read(start: PageStart = { at: 'after_key' }, changes: Partial<PageRequest> = {}): Promise<RowBytes> {
  const { containers } = source;
  return source.reader.readPage({ containers, filter: ALL_ROWS, start, rows: 1000, bytes: 8 << 20, ...changes });
}

function idsOf({ bytes }: RowBytes): string[] {
  return [...bytes.toString('utf8').matchAll(/"id":"([^"]+)"/g)].map(([, id]) => String(id));
}

describe('a page of rows', () => {
  test('comes as one row a line, in order of keys, with what it takes to go on', async () => {
    await start(5);
    const page = await read({ at: 'after_key' }, { rows: 3 });
    expect(page).toMatchObject({ format: 'jsonl', asked: 3, limited: false });
    expect(idsOf(page)).toEqual(['r0', 'r1', 'r2']);
    expect(idsOf(await read({ at: 'cursor', cursor: page.cursor ?? '' }))).toEqual(['r3', 'r4']);
  });

  test.each([
    [{ at: 'after_key' }, { keyAfter: key(1), keyUpTo: key(3) }, 'r2 r3'],
    [{ at: 'at_key' }, { keyAfter: key(1), keyUpTo: key(3) }, 'r1 r2 r3'],
    [{ at: 'among_ties', key: key(2), idAfter: null }, { keyAfter: key(3) }, 'r2'],
    [{ at: 'among_ties', key: key(2), idAfter: 'r2' }, {}, ''],
    [{ at: 'among_ties', key: null, idAfter: null }, {}, ''],
    [{ at: 'after_key' }, { xactUpTo: '1000196129554423287' }, ''],
    [{ at: 'after_key' }, { createdAfter: '2031-01-01T00:00:00Z' }, ''],
    [{ at: 'after_key' }, { createdBefore: '2031-01-01T00:00:00Z', keyAfter: key(3) }, 'r4'],
  ] satisfies [PageStart, Partial<typeof ALL_ROWS>, string][])('%j within %j holds "%s"', async (at, filter, ids) => {
    await start(5);
    expect(idsOf(await read(at, { filter: { ...ALL_ROWS, ...filter } })).join(' ')).toBe(ids);
  });

  test('among ties goes on behind an id that holds quotes and backslashes', async () => {
    source = await PlantedSource.start();
    const ids = ["o'hara", 'back\\slash', 'z'];
    source.plant(ids.map((id) => ({ _pagination_key: null, row: { id } })));
    const first = await read({ at: 'among_ties', key: null, idAfter: null }, { rows: 1 });
    expect(idsOf(first)).toEqual(['back\\\\slash']);
    const next = await read({ at: 'among_ties', key: null, idAfter: 'back\\slash' }, { rows: 1 });
    expect(idsOf(next)).toEqual(["o'hara"]);
    expect(idsOf(await read({ at: 'among_ties', key: null, idAfter: "o'hara" }))).toEqual(['z']);
  });

  test('leaves out rows by their containers and ids', async () => {
    source = await PlantedSource.start(2);
    const ids = ["o'hara", 'a', 'b'];
    const rows = (at: number) => ids.map((id, n) => ({ _pagination_key: key(10 * at + n), row: { id } }));
    source.plant(rows(0), rows(1));
    const [{ id: first }, { id: second } = { id: '' }] = source.containers;
    const without = [
      { container: first, id: "o'hara" },
      { container: second, id: 'b' },
    ];
    expect(idsOf(await read({ at: 'after_key' }, { without }))).toEqual(['a', 'b', "o'hara", 'a']);
    const [one] = source.containers;
    expect(idsOf(await read({ at: 'after_key' }, { containers: [one], without }))).toEqual(['a', 'b']);
  });

  test.each([500, 504, 413])(
    'of one row that is answered with %i to the last attempt is not served',
    async (status) => {
      await start(1);
      source.emulator.faults.add({
        match: { path: '/btql', answerIncludes: 'order' },
        action: { type: 'status', status, body: { Message: 'segment is damaged' } },
      });
      const error = await read().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RowNotServed);
      expect((error as RowNotServed).notServed).toMatchObject({ reason: 'failed', bytes: null });
      expect((error as RowNotServed).notServed.why).toContain(`answers ${status}`);
    },
  );

  test.each([
    ['dropped', { type: 'reset', when: 'before' }],
    ['503', { type: 'status', status: 503 }],
    ['cut', { type: 'truncate', bytes: 10 }],
  ] as const)('of one row that is not answered for another reason says nothing of the row: %s', async (_, action) => {
    await start(1);
    source.emulator.faults.add({ match: { path: '/btql' }, action });
    const error = await read({ at: 'after_key' }, { rows: 1 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BtMigrateError);
    expect(error).not.toBeInstanceOf(RowNotServed);
  });

  test('of one row that is larger than any answer that is read is not served, and its size is known', async () => {
    await start(5);
    source.emulator.faults.add({
      match: { path: '/btql', answerIncludes: '"r0"' },
      action: { type: 'swell', bytes: 135_000_000 },
    });
    const error = await read().catch((thrown: unknown) => thrown);
    expect(error instanceof RowNotServed).toBe(true);
    expect([(error as RowNotServed).code, (error as RowNotServed).notServed.reason]).toEqual([
      'BTM_RESPONSE_UNREADABLE',
      'too_large',
    ]);
    expect((error as RowNotServed).notServed.bytes).toBeGreaterThan(135_000_000);
  });

  test('waits as long as a rate limit says, to the millisecond, and tells of it', async () => {
    await start(2);
    source.emulator.faults.add({
      match: { path: '/btql' },
      times: 2,
      action: { type: 'status', status: 429, retryAfter: 1.725 },
    });
    const page = await read();
    expect([page.limited, idsOf(page)]).toEqual([true, ['r0', 'r1']]);
    expect(source.api.clock.naps).toEqual([1725, 1725]);
    expect((await read()).limited).toBe(false);
  });

  test.each([500, 504, 413])('shrinks when the server answers %i, and grows again', async (status) => {
    const told: number[] = [];
    const report = (event: RunEvent): void => void (event.type === 'page_limit' && told.push(event.rows));
    await start(1000, {}, { report });
    const { faults } = source.emulator;
    faults.add({ match: { path: '/btql', limitAbove: 250 }, action: { type: 'status', status } });
    const page = await read();
    expect([page.asked, idsOf(page).length]).toEqual([250, 250]);
    expect(source.requests()).toBe(3);
    expect((await read()).asked).toBe(250);
    faults.clear();
    const asked: number[] = [];
    for (let n = 0; n < 12; n++) asked.push((await read()).asked);
    expect(asked.at(-1)).toBe(1000);
    expect(asked).toEqual([...asked].sort((a, b) => a - b));
    expect(told.slice(0, 3)).toEqual([1000, 500, 250]);
    expect(told.at(-1)).toBe(1000);
    expect(told).toHaveLength(5);
  });

  test('is asked for again, no smaller, when its answer was cut, garbled or its connection dropped', async () => {
    await start(3);
    for (const action of [
      { type: 'truncate', bytes: 40 },
      { type: 'garbage' },
      { type: 'reset', when: 'before' },
      { type: 'reset', when: 'after' },
    ] as const) {
      source.emulator.faults.add({ match: { path: '/btql' }, times: 1, action });
      expect(idsOf(await read()), JSON.stringify(action)).toEqual(['r0', 'r1', 'r2']);
    }
    expect(source.requests()).toBe(8);
  });

  test('shrinks when no answer comes in time', async () => {
    await start(10, {}, { timeouts: { connect: 1000, headers: 1000, body: 1000 } });
    source.emulator.faults.add({ match: { path: '/btql', limitAbove: 600 }, action: { type: 'hold' } });
    expect((await read()).asked).toBe(500);
    source.emulator.faults.release();
  });

  test('shrinks when it would be much larger than asked for', async () => {
    await start(1000);
    const page = await read({ at: 'after_key' }, { bytes: 20_000 });
    expect(page.asked).toBeLessThan(400);
    expect(page.bytes.length).toBeLessThanOrEqual(40_000);
    expect(page.asked).toBe(idsOf(page).length);
  });

  test.each([true, false])('is fetched from the object store without the key (encoding named: %s)', async (named) => {
    await start(50, { switches: { redirectAboveBytes: 100, redirectNamesEncoding: named } });
    const page = await read({ at: 'after_key' }, { rows: 20 });
    expect(idsOf(page)).toHaveLength(20);
    expect(page.cursor).not.toBeNull();
    const stored = source.emulator.requests.all().filter(({ path }) => path.startsWith('/object-store/'));
    expect(stored.map(({ status }) => status)).toEqual([200]);
  });

  test('is taken from an answer in the other form', async () => {
    source = await PlantedSource.start();
    const server = await startScriptedServer(
      withLogin(() => ({
        headers: { 'content-type': 'application/json' },
        body: '{"data":[{"id":"r0"}],"schema":{}}',
      })),
    );
    const reader = openReader(apiFixture(server.url).options);
    const { containers } = source;
    const start = { at: 'after_key' } as const;
    const page = await reader.readPage({ containers, filter: ALL_ROWS, start, rows: 10, bytes: 1000 });
    expect([page.format, page.bytes.toString()]).toEqual(['json', '{"data":[{"id":"r0"}],"schema":{}}']);
    await reader.close();
    await server.close();
  });
});
