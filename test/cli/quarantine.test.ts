import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AcmeWorkspace, openAcmeWorkspace } from '../support/acme-workspace.ts';
import type { Shown } from '../support/emulator-client.ts';

const FOLDER = 'bt-migrate.state.db.quarantine';
const MATCH = { method: 'POST', path: '/logs3*', org: 'Acme Prod', bodyIncludes: 'poison' };

let acme: AcmeWorkspace;
let project: Shown;

beforeEach(async () => {
  acme = await openAcmeWorkspace('resources: { include: [projects, logs] }\n');
  project = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  await insert('source', [...ids(0, 20), 'poison', ...ids(20, 40)]);
  acme.emulator.faults.add({
    id: 'poison',
    match: MATCH,
    action: { type: 'status', status: 400, body: { message: 'no poison here' } },
  });
});
afterEach(() => acme.close());

function ids(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, n) => `row-${from + n}`);
}

async function insert(side: 'source' | 'destination', rows: readonly string[], input = 'hello'): Promise<void> {
  const { id: project_id } = side === 'source' ? project : ((await acme.destination.list('/v1/project'))[0] as Shown);
  await acme[side].object('POST', '/logs3', {
    rows: rows.map((id) => ({ id, project_id, log_id: 'g', input })),
    api_version: 2,
  });
}

/** Ids of the destination's rows in the order in which they are shown, oldest first. */
async function arrived(): Promise<string[]> {
  const [{ id } = { id: '' }] = await acme.destination.list('/v1/project');
  const query = `select: id | from: project_logs('${id}') spans | sort: _pagination_key asc`;
  const { data } = (await acme.destination.object('POST', '/btql', { query })) as unknown as { data: { id: string }[] };
  return data.map((row) => row.id);
}

async function apply(): Promise<{ code: number | null; run: { streams: unknown[]; summary: unknown } }> {
  const { code, stdout } = await acme.run(['apply', '--auto-approve', '--json']);
  return { code, run: JSON.parse(stdout) };
}

test('a row that the destination refuses stops nothing, ends with 3, and is listed with its body in a private file', async () => {
  const { code, run } = await apply();
  expect(code).toBe(3);
  expect(run).toMatchObject({
    summary: { rows: 40, quarantined: 1, failed: 0 },
    streams: [{ address: 'logs."Support bot"', rows: 40, quarantined: 1 }],
  });
  expect(await arrived()).toEqual(ids(0, 40));

  const { items } = (await acme.json(['quarantine', 'list'])) as { items: { id: string; file: string }[] };
  expect(items).toMatchObject([
    {
      address: 'logs."Support bot"',
      status: 'open',
      reason: 'rejected',
      row_id: 'poison',
      detail: expect.stringContaining('no poison here') as string,
    },
  ]);
  const path = join(acme.cli.folder, FOLDER);
  expect(readdirSync(path)).toEqual([items[0]?.file]);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(statSync(join(path, items[0]?.file ?? '')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(path, items[0]?.file ?? ''), 'utf8')).toContain('"id":"poison"');
  const { stdout } = await acme.run(['quarantine', 'list']);
  expect(stdout).toContain('logs."Support bot": row poison');
  expect(stdout).toContain('no poison here');
});

test('a plan that was applied except for a quarantined row is not done when it is applied again, until that is dealt with', async () => {
  await acme.json(['plan', '-o', 'plan.out']);
  expect((await acme.run(['apply', 'plan.out'])).code).toBe(3);
  const again = await acme.run(['apply', 'plan.out', '--json']);
  expect(again.code).toBe(3);
  expect(JSON.parse(again.stdout)).toMatchObject({
    exit_code: 3,
    already_applied: true,
    summary: { rows: 0, quarantined: 1 },
  });
  const { stdout } = await acme.run(['apply', 'plan.out']);
  expect(stdout).toMatch(/^Already applied by run .*, except what is blocked or quarantined/m);
  acme.emulator.faults.clear();
  await acme.json(['quarantine', 'retry']);
  expect(await acme.json(['apply', 'plan.out'])).toMatchObject({ already_applied: true, summary: { quarantined: 0 } });
});

test('a retry that is refused again ends with 3; once the reason is gone the row arrives, behind the others, alone', async () => {
  await apply();
  const refused = await acme.run(['quarantine', 'retry', '--json']);
  expect(refused.code).toBe(3);
  expect(JSON.parse(refused.stdout)).toMatchObject({ items: [{ row_id: 'poison', outcome: 'refused' }] });

  acme.emulator.faults.clear();
  acme.emulator.requests.clear();
  const { items } = (await acme.json(['quarantine', 'retry'])) as { items: unknown[] };
  expect(items).toMatchObject([{ row_id: 'poison', outcome: 'sent' }]);
  expect(await arrived()).toEqual([...ids(0, 40), 'poison']);
  const writes = acme.emulator.requests.matching('POST', '/logs3').filter(({ org }) => org === 'Acme Prod');
  expect(writes.map(({ body }) => [...(body ?? '').matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id))).toEqual([
    ['poison'],
  ]);
  expect(await acme.json(['quarantine', 'list'])).toMatchObject({ items: [] });
  expect(await acme.json(['quarantine', 'retry'])).toMatchObject({ items: [] });
  expect((await acme.json(['plan'])).estimates).toMatchObject({ actions: { copy: 0 } });
});

test('a row that was edited in the destination meanwhile is left alone, one that is gone from the source is forgotten', async () => {
  await apply();
  acme.emulator.faults.clear();
  await insert('destination', ['poison'], 'mended by hand');
  expect(await acme.json(['quarantine', 'retry'])).toMatchObject({ items: [{ outcome: 'kept' }] });
  expect((await arrived()).filter((id) => id === 'poison')).toHaveLength(1);
});

test('a row that is edited in the source while it is tried again arrives as it is then', async () => {
  await apply();
  acme.emulator.faults.clear();
  // The first query asks for its transaction, the second one for the rows of that.
  const [hold = ''] = acme.emulator.faults.add({
    match: { method: 'POST', path: '/btql', org: 'Acme Dev' },
    after: 1,
    times: 1,
    action: { type: 'hold', when: 'before' },
  });
  const retrying = acme.json(['quarantine', 'retry']);
  await acme.emulator.faults.held(hold);
  await insert('source', ['poison'], 'edited meanwhile');
  acme.emulator.faults.clear();
  expect(await retrying).toMatchObject({ items: [{ row_id: 'poison', outcome: 'sent' }] });
  expect(await arrived()).toEqual([...ids(0, 40), 'poison']);
});

test('a row that the source deleted is settled without being sent', async () => {
  await apply();
  acme.emulator.faults.clear();
  await acme.source.object('POST', '/logs3', {
    rows: [{ id: 'poison', project_id: project.id, log_id: 'g', _object_delete: true }],
    api_version: 2,
  });
  expect(await acme.json(['quarantine', 'retry'])).toMatchObject({ items: [{ outcome: 'gone' }] });
  expect(await arrived()).toEqual(ids(0, 40));
});

test('an attachment that several retries could not copy is copied once it can be read', async () => {
  acme.emulator.faults.clear();
  const photo = { key: 'photo', filename: 'photo.png', content_type: 'image/png' };
  const { signedUrl } = await acme.source.object('POST', '/attachment', photo);
  const input = { type: 'braintrust_attachment', ...photo };
  const row = { id: 'pictured', project_id: project.id, log_id: 'g', input };
  await acme.source.object('POST', '/logs3', { rows: [row], api_version: 2 });
  expect((await apply()).code).toBe(3);
  for (const _ of ['once', 'twice']) {
    const { code, stdout } = await acme.run(['quarantine', 'retry', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ items: [{ attachment_key: 'photo', outcome: 'refused' }] });
    expect(code).toBe(3);
  }
  await fetch(String(signedUrl), { method: 'PUT', body: 'pixels' });
  await acme.source.object('POST', '/attachment/status', { key: 'photo', status: { upload_status: 'done' } });
  expect(await acme.json(['quarantine', 'retry'])).toMatchObject({ items: [{ outcome: 'sent' }] });
  expect((await acme.run(['state', 'check'])).code).toBe(0);
  expect(await acme.json(['verify', '--level', 'content'])).toMatchObject({ exit_code: 0 });
});

test('an attachment that is copied late is right in every row that refers to it, of any project', async () => {
  acme.emulator.faults.clear();
  const photo = { key: 'photo', filename: 'photo.png', content_type: 'image/png' };
  const input = { type: 'braintrust_attachment', ...photo };
  const { signedUrl } = await acme.source.object('POST', '/attachment', photo);
  const other = await acme.source.object('POST', '/v1/project', { name: 'Billing bot' });
  const write = async (id: string, project_id: string, more: object = { input }) =>
    acme.source.object('POST', '/logs3', { rows: [{ id, project_id, log_id: 'g', ...more }], api_version: 2 });
  await write('first', project.id);
  await write('second', project.id);
  await write('plain', project.id, { input: 'hello' });
  await write('third', other.id, { output: { pictures: [input] } });
  expect((await apply()).code).toBe(3);
  expect((await acme.run(['quarantine', 'retry'])).code).toBe(3);
  expect((await acme.run(['state', 'check'])).code).toBe(0);
  expect((await acme.run(['verify', '--level', 'content'])).code).not.toBe(0);

  await fetch(String(signedUrl), { method: 'PUT', body: 'pixels' });
  await acme.source.object('POST', '/attachment/status', { key: 'photo', status: { upload_status: 'done' } });
  acme.emulator.requests.clear();
  const { items } = (await acme.json(['quarantine', 'retry'])) as { items: unknown[] };
  expect(items).toMatchObject([{ attachment_key: 'photo', outcome: 'sent' }]);
  const writes = acme.emulator.requests.matching('POST', '/logs3').filter(({ org }) => org === 'Acme Prod');
  const sent = writes.flatMap(({ body }) => [...(body ?? '').matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id));
  expect(sent.sort()).toEqual(['first', 'second', 'third']);
  expect(await acme.json(['verify', '--level', 'content'])).toMatchObject({ exit_code: 0 });
  expect(await acme.json(['quarantine', 'list'])).toMatchObject({ items: [] });
  expect(await acme.json(['quarantine', 'retry'])).toMatchObject({ items: [] });
  expect((await acme.json(['plan'])).estimates).toMatchObject({ actions: { copy: 0 } });
});

test('one item can be given up, by its id only', async () => {
  await apply();
  expect((await acme.run(['quarantine', 'retry', '--give-up'])).code).toBe(7);
  expect((await acme.run(['quarantine', 'retry', 'unknown'])).code).toBe(7);
  const { items } = (await acme.json(['quarantine', 'list'])) as { items: { id: string }[] };
  expect(await acme.json(['quarantine', 'retry', items[0]?.id ?? '', '--give-up'])).toMatchObject({
    items: [{ outcome: 'given_up' }],
  });
  expect(await acme.json(['quarantine', 'list'])).toMatchObject({ items: [] });
  expect(await acme.json(['quarantine', 'list', '--all'])).toMatchObject({ items: [{ status: 'settled' }] });
});

test('without a state there is nothing to list, and a retry says what is missing', async () => {
  expect(await acme.json(['quarantine', 'list'])).toMatchObject({ items: [] });
  expect((await acme.run(['quarantine', 'retry'])).code).toBe(5);
});
