import { afterEach, describe, expect, test } from 'vitest';
import type { Container, CountRequest } from '../../src/domain/row-io.ts';
import { ALL_ROWS, PlantedSource } from '../support/planted-source.ts';

const xact = (n: number): string => String(1000196129554423287n + BigInt(n));
const key = (n: number): string => `p075718525886476${String(45_000 + n)}`;
const UNKNOWN = '00000000-0000-4000-8000-00000000dead';
let source: PlantedSource;
afterEach(() => source.close());

/** Projects with 0, 1, 2 … log rows, each row its own transaction. */
async function start(projects: number): Promise<void> {
  source = await PlantedSource.start(projects);
  source.plant(
    ...source.containers.map((_, rows) =>
      Array.from({ length: rows }, (_, n) => ({ _pagination_key: key(n), _xact_id: xact(n), row: { id: `r${n}` } })),
    ),
  );
  source.emulator.requests.clear();
}

function all(): CountRequest[] {
  return source.containers.map((container) => ({ container, filter: ALL_ROWS }));
}

describe('rows are counted', () => {
  test('for 25 containers a query, in the order they were asked for', async () => {
    await start(30);
    const counts = await source.reader.countRows(all());
    expect(counts.map(({ rows }) => rows)).toEqual(all().map((_, n) => n));
    expect(counts.map(({ container }) => container)).toEqual(source.containers);
    expect(source.requests()).toBe(2);
    expect(counts[0]).toMatchObject({ rows: 0, newest: null, firstKey: null, lastKey: null });
    expect(counts[3]).toMatchObject({ rows: 3, newest: xact(2), firstKey: key(0), lastKey: key(2) });
  });

  test('each container within bounds of its own, in the same query', async () => {
    await start(6);
    const bounded = all().map(({ container }, n) => ({
      container,
      filter: { ...ALL_ROWS, xactUpTo: xact(100), xactAfter: n % 2 === 0 ? null : xact(n - 3) },
    }));
    const counts = await source.reader.countRows(bounded);
    expect(counts.map(({ rows }) => rows)).toEqual([0, 1, 2, 2, 4, 2]);
    expect(counts.map(({ firstKey }) => firstKey)).toEqual([null, key(0), key(0), key(1), key(0), key(3)]);
    expect(source.requests()).toBe(1);
  });

  test('of different streams in queries of their own', async () => {
    await start(2);
    const { id } = await source.client.object('POST', '/v1/dataset', {
      project_id: source.containers[0].id,
      name: 'Tickets',
    });
    await source.client.object('POST', '/logs3', { rows: [{ id: 'd', dataset_id: id }], api_version: 2 });
    const dataset: Container = { stream: 'dataset_rows', id };
    const counts = await source.reader.countRows([...all(), { container: dataset, filter: ALL_ROWS }]);
    expect(counts.map(({ rows }) => rows)).toEqual([0, 1, 1]);
  });

  test.each([400, 413, 500])('one by one when the server answers a grouped query with %i', async (status) => {
    await start(3);
    source.emulator.faults.add({ match: { bodyIncludes: 'dimensions' }, action: { type: 'status', status } });
    expect((await source.reader.countRows(all())).map(({ rows }) => rows)).toEqual([0, 1, 2]);
    // A failure is only believed when it comes twice.
    expect(source.requests()).toBe(status === 500 ? 5 : 4);
    await source.reader.countRows(all());
    // A server that does not understand is not asked so again; one that failed is.
    expect(source.requests()).toBe(status === 500 ? 10 : 7);
  });

  test('with what no insert accepts, although the server failed once', async () => {
    await start(3);
    source.emulator.faults.add({ times: 1, match: { path: '/btql' }, action: { type: 'status', status: 500 } });
    const counts = await source.reader.countRows(all(), { unaccepted: true });
    expect(counts.map(({ unaccepted }) => unaccepted)).toEqual([{}, {}, {}]);
    expect(source.requests()).toBe(2);
  });

  test('to the end of what is visible, and a minute less of what is settled', async () => {
    await start(1);
    const { id } = source.containers[0];
    const [quiet] = await source.reader.countRows([
      { container: source.containers[0], filter: { ...ALL_ROWS, xactUpTo: xact(0) } },
    ]);
    expect(quiet?.rows).toBe(0);
    const { xact_id: newest } = await source.client.object('POST', '/logs3', {
      rows: [{ id: 'new', project_id: id, log_id: 'g' }],
      api_version: 2,
    });
    const [count] = await source.reader.countRows(all());
    expect(count).toMatchObject({ rows: 1, newest, watermark: { visible: newest } });
    expect(BigInt(count?.watermark.settled ?? 0)).toBeLessThan(BigInt(String(newest)));
  });

  test('not for a container that is hidden', async () => {
    await start(2);
    const hidden = { container: { stream: 'logs', id: UNKNOWN } as const, filter: ALL_ROWS };
    await expect(source.reader.countRows([...all(), hidden])).rejects.toMatchObject({ code: 'BTM_PERMISSION_DENIED' });
  });
});

describe('of some rows', () => {
  test('the transactions are found by id, however short the answers, and those that are absent are left out', async () => {
    await start(12);
    source.emulator.setVisibility({ rowPageCap: 4 });
    const [container] = source.containers.slice(-1) as [Container];
    const versions = await source.reader.readVersions(container, ['r0', 'r3', "it's", 'r5', 'r6', 'r7', 'r8', 'r9']);
    expect(versions).toEqual(new Map([0, 3, 5, 6, 7, 8, 9].map((n) => [`r${n}`, xact(n)])));
    expect(await source.reader.readVersions(container, [])).toEqual(new Map());
  });

  test('500 ids are asked for at once', async () => {
    await start(2);
    const ids = Array.from({ length: 1001 }, (_, n) => `r${n}`);
    const versions = await source.reader.readVersions(source.containers[1] as Container, ids);
    expect([...versions.keys()]).toEqual(['r0']);
    expect(source.requests()).toBe(4);
  });

  test('the keys with an end are sampled, in order, and a server that cannot do that is asked once', async () => {
    await start(30);
    const [container] = source.containers.slice(-1) as [Container];
    const request = { containers: [container], filter: { ...ALL_ROWS, keyAfter: key(0) }, suffix: '0' } as const;
    expect(await source.reader.sampleKeys(request)).toEqual([key(10), key(20)]);
    source.emulator.requests.clear();
    source.emulator.faults.add({ match: { bodyIncludes: 'LIKE' }, action: { type: 'status', status: 500 } });
    await expect(source.reader.sampleKeys(request)).rejects.toMatchObject({ code: 'BTM_SERVER_FAILED' });
    expect(source.requests()).toBe(1);
  });
});
