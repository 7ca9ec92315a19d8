import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EmulatorClient } from '../support/emulator-client.ts';
import { VerifyFixture } from '../support/verify-fixture.ts';

const LOGS = 'logs."Support bot"';
const TICKETS = 'dataset_rows."Support bot".Tickets';

let acme: VerifyFixture;
beforeEach(async () => {
  acme = await VerifyFixture.start();
  await acme.triage();
  const dataset = await acme.source.object('POST', '/v1/dataset', { project_id: acme.project.id, name: 'Tickets' });
  await insert(acme.source, { project_id: acme.project.id, log_id: 'g' }, 40);
  await insert(acme.source, { dataset_id: dataset.id }, 15);
  await acme.apply();
});
afterEach(() => acme.close());

/** The lines of the file that --combined wrote. */
function combined(): string[] {
  return readFileSync(join(acme.cli.folder, 'verified.txt'), 'utf8').split('\n');
}

async function insert(client: EmulatorClient, container: object, count: number, from = 0): Promise<void> {
  const rows = Array.from({ length: count }, (_, n) => ({
    ...container,
    id: `row-${from + n}`,
    created: new Date(Date.UTC(2026, 0, 1 + from + n)).toISOString(),
    input: { question: `Where is order ${from + n}?`, total: 12.5 },
    metadata: { model: 'gpt-5', tags: ['a', 'b'] },
  }));
  await client.object('POST', '/logs3', { rows, api_version: 2 });
}

async function logsOfDestination(): Promise<Record<string, string>> {
  const [copied] = await acme.destination.list('/v1/project');
  return { project_id: String(copied?.id), log_id: 'g' };
}

describe.each(['count', 'hash', 'content'])('verify --level %s', (level) => {
  test('after an apply finds everything equal, with the figures, and writes nothing', async () => {
    acme.emulator.requests.clear();
    const { code, items, item } = await acme.verify('--level', level);
    expect(code).toBe(0);
    expect(items.every(({ symbol }) => symbol === '=')).toBe(true);
    expect(item(LOGS)).toMatchObject({ level, source_rows: 40, destination_rows: 40 });
    expect(item(TICKETS)).toMatchObject({ source_rows: 15, destination_rows: 15 });
    if (level !== 'count') expect(item(LOGS).rows_compared).toBe(40);
    const others = acme.emulator.requests
      .all()
      .filter(({ method, path }) => method !== 'GET' && !/btql|login/.test(path));
    expect(others).toEqual([]);
    const reads = acme.emulator.requests.all().filter(({ path, org }) => path === '/btql' && org === 'Acme Dev');
    // Counting, all containers of a kind by one query, and that nothing came since; rows of the source only for content.
    if (level === 'count') expect(reads.length).toBeLessThanOrEqual(3);
  });

  test('names the container of a row that is missing, and when it was created', async () => {
    await acme.destination.object('POST', '/logs3', {
      rows: [{ ...(await logsOfDestination()), id: 'row-7', _object_delete: true }],
      api_version: 2,
    });
    const { code, item } = await acme.verify('--level', level);
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({ source_rows: 40, destination_rows: 39 });
    expect(item(TICKETS).symbol).toBe('=');
    if (level !== 'count') {
      expect(item(LOGS)).toMatchObject({ symbol: '+', first_difference: { row: 'row-7', what: 'missing' } });
      return;
    }
    const { created_after, created_before, source_rows, destination_rows } = item(LOGS).first_difference ?? {};
    const created = Date.UTC(2026, 0, 8);
    expect(Date.parse(String(created_after))).toBeLessThanOrEqual(created);
    expect(Date.parse(String(created_before))).toBeGreaterThan(created);
    expect(Date.parse(String(created_before)) - Date.parse(String(created_after))).toBeLessThan(3 * 86_400_000);
    expect(Number(source_rows) - Number(destination_rows)).toBe(1);
  });
});

describe('verify', () => {
  test.each([
    ['destination', 'input', { input: { question: 'Changed by hand' } }, 'input.question'],
    ['destination', 'a number', { input: { question: 'Where is order 3?', total: 12.6 } }, 'input.total'],
    ['source', 'metadata', { metadata: { model: 'gpt-5', tags: ['a', 'c'] } }, 'metadata.tags.1'],
  ] as const)('finds one edited row in the %s (%s) and names the field', async (side, _what, change, path) => {
    const container = side === 'source' ? { project_id: acme.project.id, log_id: 'g' } : await logsOfDestination();
    const row = { ...container, id: 'row-3', ...change, _is_merge: true, _merge_paths: [['input'], ['metadata']] };
    await (side === 'source' ? acme.source : acme.destination).object('POST', '/logs3', {
      rows: [row],
      api_version: 2,
    });
    const { code, item } = await acme.verify('--combined', 'verified.txt');
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({ symbol: '*', first_difference: { row: 'row-3', path, what: 'changed' } });
    expect(combined()).toContain(`* ${LOGS}`);
  });

  test('finds a row that only the destination has, a deleted prompt and an edited one', async () => {
    await insert(acme.destination, await logsOfDestination(), 1, 1000);
    const surplus = await acme.verify();
    expect(surplus.code).toBe(9);
    expect(surplus.item(LOGS)).toMatchObject({ symbol: '-', first_difference: { row: 'row-1000', what: 'surplus' } });

    const [prompt] = await acme.destination.list('/v1/prompt');
    await acme.destination.object('PATCH', `/v1/prompt/${prompt?.id}`, { description: 'By hand' });
    expect((await acme.verify()).item('prompt."Support bot".triage')).toMatchObject({
      symbol: '*',
      first_difference: { path: 'description' },
    });
    await acme.destination.object('DELETE', `/v1/prompt/${prompt?.id}`);
    const gone = await acme.verify('--combined', 'verified.txt');
    expect(gone.item('prompt."Support bot".triage').symbol).toBe('+');
    expect(combined()).toEqual(expect.arrayContaining([`- ${LOGS}`, `= ${TICKETS}`, '+ prompt."Support bot".triage']));
  });

  test('after a second pass over edited rows is clean again', async () => {
    const row = { project_id: acme.project.id, log_id: 'g', id: 'row-3', output: 'Tomorrow.', _is_merge: true };
    await acme.source.object('POST', '/logs3', { rows: [row], api_version: 2 });
    expect((await acme.verify()).code).toBe(9);
    expect((await acme.run('apply', '--auto-approve')).code).toBe(0);
    expect((await acme.verify()).code).toBe(0);
    expect((await acme.verify('--sample', '2')).code).toBe(0);
  });

  test('reads a part with --sample, both sides with --both-sides, and writes signs and addresses to a file', async () => {
    const sample = await acme.verify('--sample', '1', '--combined', 'verified.txt');
    expect(sample.code).toBe(0);
    expect(combined()).toEqual(expect.arrayContaining([`= ${LOGS}`, `= ${TICKETS}`, '= prompt."Support bot".triage']));
    const both = await acme.verify('--both-sides');
    expect(both.code).toBe(0);
    expect(both.item(LOGS).level).toBe('content');
  });

  test('calls rows equal that differ in spelling only, and counts them', async () => {
    const row = {
      ...(await logsOfDestination()),
      id: 'row-3',
      created: '2026-01-04T01:00:00+01:00',
      input: { total: 12.5, question: 'Where is order 3?' },
      metadata: { tags: ['a', 'b'], model: 'gpt-5' },
    };
    const body = JSON.stringify({ rows: [row], api_version: 2 }).replace('12.5', '1.250e1');
    const headers = { authorization: `Bearer ${acme.emulator.orgs[1]?.key}`, 'content-type': 'application/json' };
    expect((await fetch(`${acme.emulator.url}/logs3`, { method: 'POST', headers, body })).status).toBe(200);
    const { code, stdout } = await acme.run('verify');
    expect(code).toBe(0);
    expect(stdout).toMatch(/1 row equal but for the spelling/);
  });

  test('shows the estimate before it reads rows, and both sides of it with --both-sides', async () => {
    const [one, both, count] = [
      await acme.run('verify'),
      await acme.run('verify', '--both-sides'),
      await acme.run('verify', '--level', 'count'),
    ];
    expect(one.stderr).toContain('Reading rows: about 0 requests to the source and 2 to the destination.');
    expect(both.stderr).toContain('Reading rows: about 2 requests to the source and 2 to the destination.');
    expect(one.stdout).toContain('held against the digests');
    expect(both.stdout).toContain('The rows of both sides were read and compared one by one.');
    expect(count.stderr).not.toContain('Reading rows');
  });

  test('with a container that cannot be read says so and ends with 8, not with a difference', async () => {
    acme.emulator.faults.add({ match: { path: '/btql', org: 'Acme Prod' }, action: { type: 'status', status: 400 } });
    const { code, item } = await acme.verify('--combined', 'verified.txt');
    expect(code).toBe(8);
    expect(item(LOGS).symbol).toBe('!');
    expect(combined()).toContain(`! ${LOGS}`);
  });
});
