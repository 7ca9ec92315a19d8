import { afterEach, describe, expect, test } from 'vitest';
import type { EmulatorOptions } from '../../emulator/start-emulator.ts';
import type { RowBody, StageRequest } from '../../src/domain/row-io.ts';
import { RowsRefused } from '../../src/domain/rows-refused.ts';
import { ALL_ROWS, PlantedSource } from '../support/planted-source.ts';

let source: PlantedSource;
afterEach(() => source.close());

async function start(switches: EmulatorOptions['switches'] = {}): Promise<void> {
  source = await PlantedSource.start(1, { switches });
  source.emulator.requests.clear();
}

/** Log rows with these ids, as a body in pieces. */
function bodyOf(...ids: string[]): RowBody {
  const rows = ids.map((id) => JSON.stringify({ id, project_id: source.containers[0].id, log_id: 'g', input: 'Hi' }));
  const pieces = ['{"rows":[', rows.join(','), '],"api_version":2}'];
  return { body: pieces.map((piece) => Buffer.from(piece)), rowCount: ids.length };
}

function staged(...ids: string[]): StageRequest {
  const body = bodyOf(...ids);
  return { ...body, parts: [{ container: source.containers[0], sizes: ids.map(() => 100) }] };
}

async function written(): Promise<string> {
  const { bytes } = await source.reader.readPage({
    containers: source.containers,
    filter: ALL_ROWS,
    start: { at: 'after_key' },
    rows: 1000,
    bytes: 1 << 20,
  });
  return [...bytes.toString('utf8').matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id).join(' ');
}

async function refusalOf(write: Promise<unknown>): Promise<RowsRefused> {
  const error = await write.catch((thrown: unknown) => thrown);
  if (error instanceof RowsRefused) return error;
  throw new Error(`not refused: ${String(error)}`);
}

describe('rows are written', () => {
  test('in one transaction, which the answer names', async () => {
    await start();
    const { xactId } = await source.writer.insertRows(bodyOf('a', 'b'));
    expect(await written()).toBe('a b');
    expect(xactId).toMatch(/^1000\d{15}$/);
  });

  test('again when the answer is lost, is refused for a while, or cannot be read', async () => {
    await start();
    for (const action of [
      { type: 'reset', when: 'after' },
      { type: 'status', status: 503 },
      { type: 'status', status: 429, retryAfter: 0.5 },
      { type: 'garbage' },
    ] as const) {
      source.emulator.faults.add({ match: { path: '/logs3' }, times: 1, action });
      await source.writer.insertRows(bodyOf('a', 'b'));
    }
    expect(source.requests('/logs3')).toBe(8);
    expect(await written()).toBe('a b');
  });

  test('not at all when the server refuses them, and its words are kept', async () => {
    await start({ logs3PayloadMaxBytes: 400 });
    expect((await refusalOf(source.writer.insertRows(bodyOf('a', 'b', 'c', 'd', 'e')))).reason).toBe('too_large');
    source.emulator.faults.add({
      match: { path: '/logs3' },
      action: { type: 'status', status: 400, body: { Message: 'scores must be numbers' } },
    });
    const refused = await refusalOf(source.writer.insertRows(bodyOf('a')));
    expect([refused.reason, refused.serverText]).toEqual(['rejected', 'scores must be numbers']);
    expect(await written()).toBe('');
  });

  test('with an acknowledgement for each of them, or the write is repeated', async () => {
    await start();
    source.emulator.faults.add({
      match: { path: '/logs3' },
      times: 1,
      action: { type: 'status', status: 200, body: { ids: ['a'], xact_id: '1' } },
    });
    await source.writer.insertRows(bodyOf('a', 'b'));
    expect(source.requests('/logs3')).toBe(2);
  });
});

describe.each(['PUT', 'POST'] as const)('a batch that is staged by %s', (overflowUpload) => {
  test('is visible after its commit, and not before', async () => {
    await start({ overflowUpload });
    const batch = await source.writer.stageRows(staged('a', 'b'));
    expect(await written()).toBe('');
    const { xactId } = await source.writer.commitRows(batch);
    expect(xactId).toMatch(/^1000\d{15}$/);
    expect(await written()).toBe('a b');
  });

  test('gets a new address when the store does not take it', async () => {
    await start({ overflowUpload });
    source.emulator.faults.add({
      match: { path: '/object-store/*' },
      times: 1,
      action: { type: 'status', status: 500 },
    });
    await source.writer.commitRows(await source.writer.stageRows(staged('a')));
    expect(source.requests('/logs3/overflow')).toBe(2);
    expect(await written()).toBe('a');
  });
});

describe('a staged batch', () => {
  test('is committed again when the answer is lost', async () => {
    await start();
    const batch = await source.writer.stageRows(staged('a'));
    source.emulator.faults.add({ match: { path: '/logs3' }, times: 1, action: { type: 'reset', when: 'before' } });
    await source.writer.commitRows(batch);
    expect(await written()).toBe('a');
  });

  test('that is gone after a lost answer leaves the outcome open; that is gone at once is refused', async () => {
    await start();
    const { key } = await source.writer.stageRows(staged('a'));
    const gone = { key: `${key}-gone`, rowCount: 1 };
    expect((await refusalOf(source.writer.commitRows(gone))).reason).toBe('rejected');
    source.emulator.faults.add({ match: { path: '/logs3' }, times: 1, action: { type: 'reset', when: 'before' } });
    await expect(source.writer.commitRows(gone)).rejects.toMatchObject({ code: 'BTM_OUTCOME_UNKNOWN' });
  });

  test.each([
    [400, 'not_staged'],
    [404, 'not_staged'],
    [413, 'too_large'],
  ])('that is refused with %i is %s', async (status, reason) => {
    await start();
    source.emulator.faults.add({ match: { path: '/logs3/overflow' }, action: { type: 'status', status } });
    expect((await refusalOf(source.writer.stageRows(staged('a')))).reason).toBe(reason);
  });
});

describe('what a write may hold', () => {
  test.each([
    [5 * 1024 * 1024, { bytes: 2_621_440 }],
    [null, { bytes: 3_145_728, stagedRows: 0 }],
  ])('is half of the %s bytes that are advertised, asked for once', async (logs3PayloadMaxBytes, limits) => {
    await start({ logs3PayloadMaxBytes });
    const [first] = await Promise.all([source.writer.payloadLimits(), source.writer.payloadLimits()]);
    expect(first).toMatchObject(limits);
    expect(source.requests('/version')).toBe(1);
  });

  test('is so many staged rows that what describes them fits', async () => {
    await start();
    const { bytes, stagedRows } = await source.writer.payloadLimits();
    expect(stagedRows).toBeGreaterThan(16_000);
    const ids = Array.from({ length: stagedRows }, (_, n) => `r${n}`);
    const request = { ...bodyOf('a'), parts: [{ container: source.containers[0], sizes: ids.map(() => 99_999_999) }] };
    await source.writer.stageRows(request);
    const announced = source.emulator.requests.all().find(({ path }) => path === '/logs3/overflow');
    expect(announced?.requestBytes).toBeLessThanOrEqual(bytes);
  });
});
