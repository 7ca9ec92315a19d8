import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RowFixture } from '../../test/support/row-fixture.ts';
import { bodyOfBuffers, wholeBody } from '../http/reply-body.ts';
import { DEFAULT_SWITCHES } from '../switches.ts';
import { RowPage } from './row-page.ts';
import { RowStore } from './row-store.ts';
import { scanRows } from './scan-envelope.ts';
import { RowScanner } from './scan-row.ts';

/** All but metadata, which is also the name of something inside `audit_data`. */
const NULLABLE = ['context', 'error', 'expected', 'facets', 'input', 'metrics', 'origin', 'output'];
const FIRST = { type: 'project_logs', id: 'p1', orgId: 'o', projectId: 'p1' } as const;
const SECOND = { type: 'project_logs', id: 'p2', orgId: 'o', projectId: 'p2' } as const;

describe('rows that are copies of rows that were given out', () => {
  let fixture: RowFixture;
  let otherId: string;

  beforeEach(async () => {
    fixture = await RowFixture.start();
    ({ id: otherId } = await fixture.client.object('POST', '/v1/project', { name: 'Copy' }));
  });
  afterEach(() => fixture.close());

  const insert = async (projectId: string, texts: readonly string[]) => {
    const { status } = await fixture.post(`/v1/project_logs/${projectId}/insert`, `{"events":[${texts.join(',')}]}`);
    expect(status).toBe(200);
  };
  const read = (projectId: string) => fixture.rowTexts(`project_logs('${projectId}')`);
  /** Without the columns that the server sets. */
  const users = (text: string) =>
    text.replace(/^\{"_pagination_key".*?"org_id":"[^"]*",/, '').replace(/"created":"[^"]*",/, '');

  test('are the same to the byte, and what happens to either leaves the other alone', async () => {
    const texts = Array.from(
      { length: 50 },
      (_, n) => `{"id":"row ${n} \\"é\\"","span_id":"s${n}","root_span_id":"r","input":{ "n" : ${n}.0 },"tags":["x"]}`,
    );
    await insert(fixture.projectId, texts);
    const originals = await read(fixture.projectId);
    await insert(otherId, originals);
    expect((await read(otherId)).map(users)).toEqual(originals.map(users));
    await insert(fixture.projectId, ['{"id":"row 3 \\"é\\"","_is_merge":true,"input":{"n":"changed here"}}']);
    await insert(otherId, ['{"id":"row 4 \\"é\\"","_object_delete":true}']);
    expect((await read(otherId)).map(users)).toEqual(originals.toSpliced(4, 1).map(users));
    expect((await read(fixture.projectId)).filter((_, n) => n !== 3)).toEqual(originals.toSpliced(3, 1));
  });

  test('are stored as they were sent when one byte is another', async () => {
    await insert(fixture.projectId, ['{"id":"a","input":"abc","span_id":"s","root_span_id":"r"}']);
    const [original = ''] = await read(fixture.projectId);
    await insert(otherId, [original.replace('"abc"', '"abd"')]);
    expect(JSON.parse((await read(otherId))[0] ?? '')).toMatchObject({ id: 'a', input: 'abd', span_id: 's' });
  });

  test('have nulls where they had them, and keys that come again', async () => {
    const member = fc.constantFrom(...NULLABLE.flatMap((name) => [`"${name}":null`, `"${name}":"x"`]));
    const others = fc.constantFrom<string>('"own":null', '"created":null');
    const members = fc.array(fc.oneof(member, others), { maxLength: 12 });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(members, fc.nat(), async (drawn, idAt) => {
        const id = `"id":"row-${round++}","span_id":"s","root_span_id":"r"`;
        const sent = `{${drawn.toSpliced(idAt % (drawn.length + 1), 0, id).join(',')}}`;
        await insert(fixture.projectId, [sent]);
        const stored = (await read(fixture.projectId)).at(-1) ?? '';
        const { created: _, ...wanted } = JSON.parse(sent) as Record<string, unknown>;
        expect(JSON.parse(stored)).toMatchObject(wanted);
        const order = Object.keys(JSON.parse(stored)).filter((name) => name in wanted);
        expect(order).toEqual(Object.keys(wanted));
        for (const name of NULLABLE) {
          const count = (text: string) => text.split(`"${name}":`).length - 1;
          expect(count(stored)).toBe(Math.max(1, count(sent)));
        }
        await insert(otherId, [stored]);
        expect(users((await read(otherId)).at(-1) ?? '')).toBe(users(stored));
      }),
      { numRuns: 40, seed: 20261130 },
    );
  });
});

test('what stands around copied bytes means what it means around any others', async () => {
  const fixture = await RowFixture.start();
  // Nothing was given out here, so nothing is a copy.
  const other = await RowFixture.start();
  const { id } = await fixture.client.object('POST', '/v1/project', { name: 'Copies' });
  const copies = { server: fixture, project: String(id) };
  const others = { server: other, project: other.projectId };
  const insert = ({ server, project }: typeof copies, text: string) =>
    server.post(`/v1/project_logs/${project}/insert`, `{"events":[${text}]}`);
  const harmless = fc.constantFrom(
    '"project_id":"x"',
    '"created":"2026-01-02T03:04:05.678Z"',
    '"created":null',
    '"is_root":false',
    '"expected":null',
    '"output":null',
    '"tags":null',
  );
  const meaningful = fc.constantFrom(
    '"created":7',
    '"input":null',
    '"metadata":{"a":1}',
    '"own":null',
    '"span_parents":["p"]',
    '"span_parents":null',
    '"_is_merge":true',
    '"_is_merge":false',
    '"_object_delete":true',
    '"id":"other-#"',
  );
  const rest = fc.constantFrom('"span_id":"s","root_span_id":"r"', '"span_id":"s"', '"input":1');
  const around = (maxLength: number) =>
    fc.oneof(
      { weight: 2, arbitrary: fc.array(harmless, { maxLength }) },
      fc.array(fc.oneof(harmless, meaningful), { maxLength }),
    );
  let round = 0;
  try {
    await fc.assert(
      fc.asyncProperty(around(4), rest, around(2), fc.boolean(), async (members, own, more, isTwice) => {
        const user = `"metrics":{"n":1.0},"id":"row-${round++}",${own},"scores":{"a":1}`;
        await insert({ server: fixture, project: fixture.projectId }, `{${user}}`);
        await fixture.rowTexts(`project_logs('${fixture.projectId}')`);
        const sent = `{${[...members, user, ...more].join(',').replaceAll('#', String(round))}}`;
        for (let n = 0; n < (isTwice ? 2 : 1); n++) {
          const answers = await Promise.all([insert(copies, sent), insert(others, sent)]);
          expect(answers[0]?.status).toBe(answers[1]?.status);
        }
        const newest = async ({ server, project }: typeof copies) => {
          const rows = await server.rowTexts(`project_logs('${project}')`);
          return rows.slice(-1).map((text) =>
            text
              .replaceAll(project, 'here')
              .replace(/"org_id":"[^"]*"/, '')
              .replace(/"_(pagination_key|xact_id)":"[^"]*"/g, '')
              .replace(/"created":"(?!2026-01-02T03)[^"]*"/, '')
              .replace(/"(root_)?span_id":"[0-9a-f-]{36}"/g, ''),
          );
        };
        expect(await newest(copies)).toEqual(await newest(others));
      }),
      { numRuns: 300, seed: 20261130 },
    );
  } finally {
    await Promise.all([fixture.close(), other.close()]);
  }
});

test('a copy of a row that was given out takes no memory, one of another row does', () => {
  const store = new RowStore(DEFAULT_SWITCHES, null);
  const options = { nextXact: () => 0x0de1n << 48n, now: 0, delay: { rowLag: 0, lateRows: [] } };
  const write = (ref: typeof FIRST | typeof SECOND, bytes: Buffer) =>
    store.transact(options, (transaction) => {
      const scanner = new RowScanner();
      scanRows(bytes, 0, scanner, () => transaction.write(store.container(ref), bytes, scanner));
    });
  const rows = Array.from(
    { length: 100 },
    (_, n) => `{"id":"row-${n}","span_id":"s","root_span_id":"r","created":null,"input":${n}}`,
  );
  write(FIRST, Buffer.from(`[${rows.join(',')}]`));
  const { segments } = store.container(FIRST);
  const before = segments.mark();
  const idOf = (slot: number) => store.container(SECOND).idOf(slot);
  const page = new RowPage();
  for (let slot = 0; slot < rows.length; slot++) page.add(store.container(FIRST), slot);
  const given = wholeBody(page.commaSeparated());
  write(SECOND, wholeBody(bodyOfBuffers([Buffer.from('['), given, Buffer.from(']')])));
  const scanner = store.scanner();
  const isCopy: boolean[] = [];
  const look = (bytes: Buffer) => scanRows(bytes, 0, scanner, () => isCopy.push(scanner.isCopy));
  look(wholeBody(bodyOfBuffers([Buffer.from('['), given, Buffer.from(']')])));
  look(Buffer.from(`[${wholeBody(given).toString('utf8').split('\n')[0]?.replace('"input":0}', '"input":1}')}]`));
  expect(isCopy).toEqual([...Array(100).fill(true), false, ...Array(99).fill(true)]);
  expect(store.container(SECOND).liveCount).toBe(100);
  expect([idOf(0), idOf(99)]).toEqual(['"row-0"', '"row-99"']);
  expect(segments.mark()).toEqual(before);
  write(SECOND, Buffer.from('[{"id":"row-100","span_id":"s","root_span_id":"r","input":0}]'));
  expect(segments.mark()).not.toEqual(before);
});
