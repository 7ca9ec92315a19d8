import { afterEach, beforeEach, expect, test } from 'vitest';
import { AcmeProcess } from '../support/acme-process.ts';
import { mixedRow, type RowContainerOf, writeRows } from '../support/mixed-rows.ts';
import { rowTexts } from '../support/row-texts.ts';

const ROWS = 12_000;
const LIMITS = 'limits: { memory_mb: 32, parallelism: 2 }\n';

let acme: AcmeProcess;
let logs: RowContainerOf;

beforeEach(async () => {
  acme = await AcmeProcess.start();
  const { id } = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  logs = { type: 'project_logs', id, name: 'Support bot' };
  await write(
    'source',
    Array.from({ length: ROWS }, (_, number) => mixedRow(number)),
  );
});

afterEach(() => acme.stop());

async function write(side: 'source' | 'destination', rows: readonly string[]): Promise<void> {
  const [source, destination] = acme.keys;
  const key = side === 'source' ? source : destination;
  const id = side === 'source' ? logs.id : await copyId();
  await writeRows({ url: acme.url, key }, { ...logs, id }, rows);
}

async function copyId(): Promise<string> {
  const projects = await acme.destination.list('/v1/project');
  return projects.find(({ name }) => name === logs.name)?.id ?? '';
}

async function rows(): Promise<{ source: Map<string, string>; destination: Map<string, string> }> {
  const dump = await acme.dump();
  return { source: rowTexts(dump, logs.type, logs.id), destination: rowTexts(dump, logs.type, await copyId()) };
}

/** Kills an apply whose second write of rows was carried out and is not answered. Returns the numbers of two rows of it. */
async function killInFlight(folder: ReturnType<AcmeProcess['folder']>): Promise<[number, number]> {
  await folder.ok('plan', '-o', 'plan.out');
  const match = { method: 'POST', path: '/logs3*', org: 'Acme Prod' };
  const hold = await acme.fault({ match, after: 1, times: 1, action: { type: 'hold', when: 'after' } });
  const running = folder.start(['apply', 'plan.out']);
  await acme.held(hold);
  running.process.kill('SIGKILL');
  await running.finished;
  await acme.abandon(hold);
  const sent = [...(await rows()).destination.keys()].map((id) => Number(id.slice('"row-'.length, -1)));
  expect(sent.length).toBeLessThan(ROWS);
  return [sent.at(-1) ?? 0, sent.at(-2) ?? 0];
}

async function applied(folder: ReturnType<AcmeProcess['folder']>): Promise<{ rows: number; kept?: number }> {
  const report = JSON.parse((await folder.ok('apply', 'plan.out', '--json')).stdout);
  return report.streams.find(({ address }: { address: string }) => address.startsWith('logs'));
}

/** Each row is its source's, but for one that says `edition` since somebody edited it in the destination. */
async function expectEqualBut(number: number, edition: number): Promise<void> {
  const { source, destination } = await rows();
  expect(destination.get(`"row-${number}"`)).toContain(`"edition":${edition}`);
  expect(destination.size).toBe(ROWS);
  for (const [id, text] of source) {
    if (id !== `"row-${number}"` && destination.get(id) !== text) expect(`${id}: ${destination.get(id)}`).toBe(text);
  }
}

test.each(['exact', 'relaxed'])(
  'an edit of a row in flight stands, order %s, and the source wins elsewhere',
  async (order) => {
    const folder = acme.folder(`${LIMITS}streams: { order: ${order} }\n`);
    const [edited, changed] = await killInFlight(folder);
    await write('destination', [mixedRow(edited, 7)]);
    await write('source', [mixedRow(changed, 1)]);
    expect(await applied(folder)).toMatchObject({ kept: 1 });
    await folder.ok('plan', '-o', 'plan.out');
    expect(await applied(folder)).toMatchObject({ rows: 1 });
    await expectEqualBut(edited, 7);
    const again = JSON.parse((await folder.ok('plan', '--json')).stdout);
    expect(again.estimates.actions).toMatchObject({ create: 0, update: 0, copy: 0 });
  },
  120_000,
);

test('nothing more is done about an edit that stands, by the next plan and apply', async () => {
  const folder = acme.folder(LIMITS);
  const [edited] = await killInFlight(folder);
  await write('destination', [mixedRow(edited, 7)]);
  expect(await applied(folder)).toMatchObject({ rows: ROWS - 1, kept: 1 });
  await expectEqualBut(edited, 7);
  const again = JSON.parse((await folder.ok('plan', '-o', 'plan.out', '--json')).stdout);
  expect(again.estimates.actions).toMatchObject({ create: 0, update: 0, copy: 0 });
  await acme.clearRequests();
  await folder.ok('apply', 'plan.out');
  expect((await acme.writes()).filter((write) => write.includes('/logs3'))).toEqual([]);
}, 120_000);

test('an edit of a row in flight is replaced where the source wins, and nobody asks', async () => {
  const folder = acme.folder(`${LIMITS}streams: { on_row_conflict: source }\n`);
  const [edited] = await killInFlight(folder);
  await write('destination', [mixedRow(edited, 7)]);
  await acme.clearRequests();
  expect(await applied(folder)).toMatchObject({ rows: ROWS });
  await expectEqualBut(edited, 0);
  const asked = (await acme.requests()).filter(({ org, path }) => org === 'Acme Prod' && path === '/btql');
  expect(asked).toEqual([]);
}, 120_000);
