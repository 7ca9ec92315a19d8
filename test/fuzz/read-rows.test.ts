import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrgReader } from '../../src/domain/org.ts';
import type { Container } from '../../src/domain/row-io.ts';
import { ByteWindow } from '../../src/streams/byte-window.ts';
import { newReadConditions } from '../../src/streams/read/read-conditions.ts';
import { readRows } from '../../src/streams/read/read-rows.ts';
import { BufferPool } from '../../src/streams/write/buffer-pool.ts';
import { ALL_ROWS, PlantedSource } from '../support/planted-source.ts';

interface Planted {
  readonly id: string;
  readonly key: string | null;
  readonly project: number;
  readonly isCursed: boolean;
}

/** Keys are runs: of one transaction, of transactions in one second, of quiet seconds, or of one key for many rows. */
const layout = fc
  .array(
    fc.record({
      gap: fc.constantFrom(1n, 65_536n, 1n << 32n, 3_600n << 32n),
      step: fc.constantFrom(0n, 1n, 65_536n, 1n << 32n),
      rows: fc.integer({ min: 1, max: 30 }),
    }),
    { maxLength: 12 },
  )
  .map((runs) => {
    let key = 1_767_225_600n << 32n;
    return runs.flatMap(({ gap, step, rows }) => {
      key += gap;
      return Array.from({ length: rows }, (_, n) => {
        if (n > 0) key += step;
        return `p${key.toString().padStart(20, '0')}`;
      });
    });
  });

const scenario = fc.record({
  keys: layout,
  keyless: fc.integer({ min: 0, max: 12 }),
  projects: fc.constantFrom(1, 3),
  /** Rows of a page: the server fails at more, or answers fewer. */
  page: fc.integer({ min: 1, max: 12 }),
  limitedBy: fc.constantFrom('failing' as const, 'answering_fewer' as const),
  counted: fc.constantFrom('exactly' as const, 'not' as const, 'too_few' as const, 'too_many' as const),
  missingKeys: fc.constantFrom('last' as const, 'first' as const),
  window: fc.constantFrom(1, 5_000, 1_000_000),
  isSlow: fc.boolean(),
  limitedAt: fc.option(fc.integer({ min: 0, max: 8 }), { nil: null }),
  samples: fc.boolean(),
  /** Rows that the server does not give, by their numbers. */
  cursed: fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 3 }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

describe('readRows over generated layouts of keys', () => {
  const sources = new Map<string, PlantedSource>();

  beforeAll(async () => {
    for (const missingKeys of ['last', 'first'] as const) {
      sources.set(missingKeys, await PlantedSource.start(3, { switches: { missingKeys } }));
    }
  });
  afterAll(async () => {
    for (const source of sources.values()) await source.close();
  });

  test('answers every row once, in order, with bounds that hold, and asks no more than it must', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (wanted) => {
        const source = sources.get(wanted.missingKeys) as PlantedSource;
        const rows = await plant(source, wanted);
        const read = await readAll(source, wanted, rows);
        const ids = new Set(read.ids);
        expect(ids.size).toBe(read.ids.length);
        // Rows that turn up after they were counted belong to the next pass: they may be missed, and nothing else.
        if (wanted.counted === 'too_few') expect(ids.size).toBeGreaterThanOrEqual(rows.length - 2);
        else expect([...ids].sort()).toEqual(rows.map(({ id }) => id).sort());
        const cursed = rows.filter(({ isCursed }) => isCursed).map(({ id }) => id);
        expect([...read.unserved].sort()).toEqual(cursed.filter((id) => ids.has(id)).sort());
        expect(read.keys).toEqual([...read.keys].sort());
        expect(read.brokenBounds).toEqual([]);
        expect(read.heldAfter).toBe(0);
        expect(read.queries).toBeLessThan(60 + 8 * rows.length + 150 * cursed.length);
      }),
      { numRuns: 60, seed: 20261124 },
    );
  }, 120_000);
});

async function plant(
  source: PlantedSource,
  { keys, keyless, projects, cursed }: Pick<Scenario, 'keys' | 'keyless' | 'projects' | 'cursed'>,
) {
  const names = [
    ...keys.map((key, n) => ({ id: `row-${n % 7}-${n}`, key, project: n % projects })),
    ...Array.from({ length: keyless }, (_, n) => ({ id: `keyless-${n}`, key: null, project: n % projects })),
  ];
  // With no other row at all nothing would tell these from a server that fails.
  const mayBeCursed = names.length > cursed.length;
  const rows: Planted[] = names.map((one, n) => ({ ...one, isCursed: mayBeCursed && cursed.includes(n) }));
  const lists: { _pagination_key: string | null; row: { id: string; input: string } }[][] = [[], [], []];
  for (const { id, key, project, isCursed } of rows) {
    lists[project]?.push({ _pagination_key: key, row: { id, input: isCursed ? 'cursed' : 'hi' } });
  }
  source.plant(...lists);
  return rows;
}

async function readAll(source: PlantedSource, wanted: Scenario, rows: readonly Planted[]) {
  const { emulator } = source;
  emulator.requests.clear();
  emulator.faults.clear();
  emulator.setVisibility({ rowPageCap: wanted.limitedBy === 'answering_fewer' ? wanted.page : null });
  if (!wanted.samples)
    emulator.faults.add({ match: { bodyIncludes: 'LIKE' }, action: { type: 'status', status: 400 } });
  if (wanted.limitedAt !== null) {
    emulator.faults.add({
      match: { path: '/btql' },
      after: wanted.limitedAt,
      times: 1,
      action: { type: 'status', status: 429, retryAfter: 0.25 },
    });
  }
  if (wanted.limitedBy === 'failing') {
    emulator.faults.add({ match: { path: '/btql', limitAbove: wanted.page }, action: { type: 'status', status: 500 } });
  }
  emulator.faults.add({ match: { answerIncludes: 'cursed' }, action: { type: 'status', status: 500 } });
  const window = new ByteWindow(wanted.window);
  const containers = source.containers.slice(0, wanted.projects) as [Container, ...Container[]];
  const keys = rows.flatMap(({ key }) => (key === null ? [] : [key]));
  const off = { exactly: 0, not: 0, too_few: -2, too_many: 3 }[wanted.counted];
  const ids: string[] = [];
  const unserved: string[] = [];
  const read: string[] = [];
  const brokenBounds: string[] = [];
  const pages = readRows(
    {
      containers,
      filter: ALL_ROWS,
      expected: wanted.counted === 'not' ? null : Math.max(0, rows.length + off),
      lastKey: keys.at(-1) ?? null,
      unserved: 'named',
    },
    {
      reader: wanted.isSlow ? slowed(source.reader) : source.reader,
      window,
      buffers: new BufferPool(),
      conditions: newReadConditions(),
      signal: source.api.options.signal,
      now: () => 0,
    },
  );
  for await (const { page, completeUpTo, unserved: missed, recycle, release } of pages) {
    if (missed !== null) unserved.push(missed.row.id);
    for (let n = 0; n < page.count; n++) {
      const row = JSON.parse(page.bytes.toString('utf8', page.starts[n], page.ends[n]));
      ids.push(row.id);
      read.push(row._pagination_key ?? 'without');
    }
    recycle();
    const known = new Set(ids);
    const missing = rows.filter(
      ({ id, key }) => key !== null && completeUpTo !== null && key <= completeUpTo && !known.has(id),
    );
    brokenBounds.push(...missing.map(({ id }) => `${id} is missing up to ${completeUpTo}`));
    release();
  }
  return { ids, unserved, keys: read, brokenBounds, heldAfter: window.held, queries: source.requests() };
}

/** The same reader, whose pages seem to have taken 100 ms to come. */
function slowed(reader: OrgReader): OrgReader {
  return {
    ...reader,
    readPage: async (request) => {
      const page = await reader.readPage(request);
      return { ...page, waitedMs: 100 };
    },
  };
}
