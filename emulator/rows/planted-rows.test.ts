import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EmulatorClient } from '../../test/support/emulator-client.ts';
import { forkEmulator } from '../../test/support/forked-server.ts';
import { RowFixture } from '../../test/support/row-fixture.ts';
import { startEmulator } from '../start-emulator.ts';
import type { WorldSwitches } from '../switches.ts';
import type { ContainerDump, RowRecord } from './row-dump.ts';

describe('planted rows', () => {
  let rows: RowFixture;

  beforeEach(async () => {
    rows = await RowFixture.start();
  });
  afterEach(async () => {
    await rows.close();
  });

  /** Loads the fixture's own world with these log rows. */
  function plant(records: readonly RowRecord[], fixture = rows): void {
    const planted: ContainerDump = { container: { type: 'project_logs', id: fixture.projectId }, rows: records };
    fixture.emulator.load({ ...fixture.emulator.dump(), rows: [planted] });
  }

  const order = async (clauses = '', fixture = rows): Promise<string> => {
    const query = `select: id | from: project_logs('${fixture.projectId}')${clauses}`;
    return (await fixture.btql(query)).map((row) => row.id).join(' ');
  };

  test('keep the ids, times, transactions, keys and server-owned columns that were given', async () => {
    const row = { id: 'a', input: 1, comments: [{ id: 'c', comment: { text: 'hi' } }], classifications: { topic: [] } };
    plant([
      {
        _xact_id: '1000196129554423287',
        _pagination_key: 'p07571852588647645184',
        created: '2025-11-12T14:55:10.872Z',
        row,
      },
    ]);
    expect((await rows.logs()).get('a')).toMatchObject({
      ...row,
      _xact_id: '1000196129554423287',
      _pagination_key: 'p07571852588647645184',
      created: '2025-11-12T14:55:10.872Z',
    });
    const { xact_id } = await rows.client.object('POST', '/logs3', {
      rows: [{ ...rows.logKeys, id: 'b' }],
      api_version: 2,
    });
    expect(BigInt(String(xact_id))).toBeGreaterThan(1000196129554423287n);
  });

  test('get consecutive keys of their transaction and its second where nothing is given', async () => {
    plant(['a', 'b'].map((id) => ({ _xact_id: '1000196129554423287', row: { id } })));
    const found = [...(await rows.logs()).values()];
    expect(found.map((row) => row._pagination_key)).toEqual(['p07571852588647645184', 'p07571852588647645185']);
    expect(found[0]?.created).toBe('2025-11-12T14:55:11.000Z');
  });

  test('may come in any order, share a key, or have none', async () => {
    const key = (n: number): string => `p0757185258864764${5180 + n}`;
    plant([
      { _pagination_key: key(5), row: { id: 'late' } },
      { _pagination_key: null, row: { id: 'keyless' } },
      { _pagination_key: key(1), row: { id: 'tie1' } },
      { _pagination_key: key(1), row: { id: 'tie2' } },
      { _pagination_key: key(0), row: { id: 'early' } },
    ]);
    expect(await order(' | sort: _pagination_key asc')).toBe('early tie1 tie2 late keyless');
    expect(await order()).toBe('keyless late tie2 tie1 early');
    expect(await order(` | filter: _pagination_key >= '${key(1)}' | sort: _pagination_key asc`)).toBe('tie1 tie2 late');
    expect(await order(` | filter: _pagination_key < '${key(5)}' | sort: _pagination_key asc`)).toBe('early tie1 tie2');
    const page = await rows.client.object('POST', '/btql', {
      query: `select: * | from: project_logs('${rows.projectId}') | limit: 1`,
    });
    expect(page).toMatchObject({ data: [{ id: 'keyless', _pagination_key: null }] });
    expect(page).not.toHaveProperty('cursor');
    await rows.logs3({ ...rows.logKeys, id: 'tie1', _is_merge: true, output: 1 }, { ...rows.logKeys, id: 'newest' });
    expect(await order(' | sort: _pagination_key asc')).toBe('early tie1 tie2 late newest keyless');
  });

  test.each([
    [{ missingKeys: 'first' }, '', 'keyless a b c'],
    [{ cursorTies: 'cut' }, ' | limit: 2', 'a b'],
    [{ cursorTies: 'whole' }, ' | limit: 2', 'a b c'],
  ] satisfies [Partial<WorldSwitches>, string, string][])('%j: %s finds %s', async (switches, limit, wanted) => {
    const fixture = await RowFixture.start({ switches });
    const tie = 'p07571852588647645184';
    plant(
      [
        ...['a', 'b', 'c'].map((id) => ({ _pagination_key: id === 'a' ? 'p00000000000000000001' : tie, row: { id } })),
        ...(limit === '' ? [{ _pagination_key: null, row: { id: 'keyless' } }] : []),
      ],
      fixture,
    );
    expect(await order(` | sort: _pagination_key asc${limit}`, fixture)).toBe(wanted);
    await fixture.close();
  });

  test('show up at their time, the older version until then', async () => {
    rows.emulator.clock.freeze(Date.UTC(2026, 0, 1));
    const at = '2026-01-01T00:01:00.000Z';
    plant([
      { row: { id: 'changed', input: 'old' } },
      { row: { id: 'slow' }, visible_at: at },
      { row: { id: 'quick' } },
      { row: { id: 'changed', input: 'new' }, visible_at: at },
      { row: { id: 'gone' } },
      { row: { id: 'gone' }, deleted: true, visible_at: at },
    ]);
    const shown = async () => [...(await rows.logs()).values()].map((row) => [row.id, row.input]);
    expect(await shown()).toEqual([
      ['changed', 'old'],
      ['quick', null],
      ['gone', null],
    ]);
    rows.emulator.clock.advance(60_000);
    expect(await shown()).toEqual([
      ['changed', 'new'],
      ['slow', null],
      ['quick', null],
    ]);
  });

  test('a world dumped and loaded elsewhere has the same rows, every version and byte', async () => {
    const body = `{"rows":[{"id":"a","input":9007199254740993, "metadata":{"x":-0},"project_id":"${rows.projectId}","log_id":"g"}]}`;
    await rows.post('/logs3', body);
    await rows.logs3({ ...rows.logKeys, id: 'a', _is_merge: true, output: 1 }, { ...rows.logKeys, id: 'b' });
    await rows.logs3({ ...rows.logKeys, id: 'b', _object_delete: true }, { dataset_id: rows.datasetId, id: 'a' });
    const copy = await startEmulator({ seed: rows.emulator.dump() });
    expect(copy.dump().rows).toEqual(rows.emulator.dump().rows);
    const client = new EmulatorClient(copy.url, rows.emulator.orgs[0]?.key ?? '');
    const query = { query: `select: * | from: project_logs('${rows.projectId}')`, fmt: 'jsonl' };
    expect((await client.call('POST', '/btql', query)).text).toBe(
      (await rows.client.call('POST', '/btql', query)).text,
    );
    await copy.close();
  });

  test.each([
    [{ _xact_id: '12', row: { id: 'a' } }, /12 is no transaction id/],
    [{ _pagination_key: 'x', row: { id: 'a' } }, /x is no pagination key/],
    [{ created: 'soon', row: { id: 'a' } }, /soon is no timestamp/],
    [{ row: { input: 1 } }, /has no id/],
  ])('%j makes no sense and changes nothing', async (record, message) => {
    await rows.logs3({ ...rows.logKeys, id: 'kept' });
    expect(() => plant([{ row: { id: 'fine' } }, record])).toThrow(message);
    expect([...(await rows.logs()).keys()]).toEqual(['kept']);
  });
});

describe('written rows that cannot be read at once', () => {
  test('lag behind their write, some longer than rows with higher keys', async () => {
    const rows = await RowFixture.start({
      visibility: { rowLag: 1000, lateRows: [{ idIncludes: 'slow', lag: 5000 }] },
    });
    rows.emulator.clock.freeze(Date.UTC(2026, 0, 1));
    await rows.logs3({ ...rows.logKeys, id: 'slow-1' }, { ...rows.logKeys, id: 'b' });
    const shown = async () => [...(await rows.logs()).keys()];
    expect(await shown()).toEqual([]);
    rows.emulator.clock.advance(1000);
    expect(await shown()).toEqual(['b']);
    rows.emulator.clock.advance(4000);
    expect(await shown()).toEqual(['slow-1', 'b']);
    await rows.close();
  });

  test('with realtime off only what is old enough is read, and the answer says up to where', async () => {
    const rows = await RowFixture.start({ switches: { realtime: 'off', freshnessLagMs: 60_000 } });
    rows.emulator.clock.freeze(Date.UTC(2026, 0, 1));
    await rows.logs3({ ...rows.logKeys, id: 'a' });
    const query = { query: `select: id | from: project_logs('${rows.projectId}')` };
    const before = await rows.client.object('POST', '/btql', query);
    expect(before).toMatchObject({ data: [], realtime_state: { type: 'off' } });
    const { last_processed_xact_id: processed, last_considered_xact_id: considered } = before.freshness_state as Record<
      string,
      string
    >;
    expect(BigInt(processed ?? '0')).toBeLessThan(BigInt(considered ?? '0'));
    rows.emulator.clock.advance(60_000);
    expect(await rows.client.object('POST', '/btql', query)).toMatchObject({ data: [{ id: 'a' }] });
    await rows.close();
  });
});

describe('rows in a data file', () => {
  test('an acknowledged insert survives SIGKILL, a version later too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'emulator-rows-'));
    const dataFile = join(folder, 'acme.db');
    const orgs = [{ name: 'Acme Dev', key: 'sk-rows' }];
    const killed = await forkEmulator({ dataFile, orgs });
    const client = new EmulatorClient(killed.url, 'sk-rows');
    const { id } = await client.object('POST', '/v1/project', { name: 'Support bot' });
    const keys = { project_id: id, log_id: 'g' };
    const first = Array.from({ length: 500 }, (_, n) => ({ ...keys, id: `r${n}`, input: 'x'.repeat(n) }));
    await client.object('POST', '/logs3', { rows: first, api_version: 2 });
    const changes = [
      { ...keys, id: 'r1', _is_merge: true, output: 'merged' },
      { ...keys, id: 'r2', _object_delete: true },
    ];
    const { xact_id } = await client.object('POST', '/logs3', { rows: changes, api_version: 2 });
    const query = { query: `select: * | from: project_logs('${id}')`, fmt: 'jsonl' };
    const before = (await client.call('POST', '/btql', query)).text;
    await killed.kill();
    const again = await startEmulator({ dataFile, orgs });
    const reader = new EmulatorClient(again.url, 'sk-rows');
    expect((await reader.call('POST', '/btql', query)).text).toBe(before);
    const next = await reader.object('POST', '/logs3', { rows: [{ ...keys, id: 'r2' }], api_version: 2 });
    expect(BigInt(String(next.xact_id))).toBeGreaterThan(BigInt(String(xact_id)));
    await again.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
