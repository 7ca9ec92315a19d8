import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openMemoryState } from '../../src/state/memory-store.ts';
import { type CliFixture, type CliRun, cliFixture } from '../support/cli-fixture.ts';
import { Crash, crashingStore } from '../support/crashing-store.ts';
import { DESTINATION_KEY, SOURCE_KEY } from '../support/migration.ts';
import { type RowContainerOf, writeRows } from '../support/mixed-rows.ts';
import {
  addRows,
  attach,
  attachedText,
  attachmentText,
  bothTexts,
  copiedRows,
  copyOf,
  logsOf,
  objectOf,
  ROWS,
  tickets,
} from '../support/seeded-rows.ts';
import { action, blocks, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let cli: CliFixture | undefined;
afterEach(async () => {
  cli?.remove();
  cli = undefined;
  await orgs.close();
});

/** Runs a command in a folder with a spec, as somebody who migrates from one organization to the other. */
async function run(...argv: string[]): Promise<CliRun> {
  if (cli === undefined) {
    cli = cliFixture();
    cli.write('migration.yaml', `version: 1\n${ROWS}`);
  }
  const { url } = orgs.emulator;
  const env = {
    BT_SOURCE_URL: url,
    BT_DEST_URL: url,
    BT_SOURCE_API_KEY: SOURCE_KEY,
    BT_DEST_API_KEY: DESTINATION_KEY,
  };
  return cli.run(argv, { env });
}

/** Writes rows to a container of the destination, as people who work there do. */
async function editCopy(container: RowContainerOf, rows: readonly string[]): Promise<void> {
  await writeRows({ url: orgs.emulator.url, key: DESTINATION_KEY }, await copyOf(orgs, container), rows);
}

/** What a run left behind: what it said and every file in its folder, byte for byte. */
function leftBehind({ stdout, stderr }: CliRun): Map<string, string> {
  const folder = cli?.folder ?? '';
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map([
    ['stdout', stdout],
    ['stderr', stderr],
    ...files.map(({ parentPath, name }): [string, string] => [name, readFileSync(join(parentPath, name), 'latin1')]),
  ]);
}

test('D19 online scorers and automations of the source are made after its rows arrived', async () => {
  orgs = await TwoOrgs.start();
  const { id: project_id } = await logsOf(orgs, 'P', tickets(10));
  await orgs.source.object('POST', '/v1/project_score', {
    project_id,
    name: 'online',
    score_type: 'online',
    config: { online: { sampling_rate: 1, scorers: [{ type: 'global', name: 'Factuality' }] } },
  });
  const hook = { type: 'webhook', url: 'https://acme.example/hook' };
  const config = { event_type: 'logs', btql_filter: 'true', interval_seconds: 60, action: hook };
  await orgs.source.object('POST', '/v1/project_automation', { project_id, name: 'alert', config });
  orgs.emulator.requests.clear();
  await migrate(orgs.migration());
  const sent = orgs.writesSent();
  const last = sent.lastIndexOf('POST /logs3');
  expect(last).toBeGreaterThan(0);
  expect(sent.indexOf('POST /v1/project_score')).toBeGreaterThan(last);
  expect(sent.indexOf('POST /v1/project_automation')).toBeGreaterThan(last);
  expect(await orgs.found('destination', '/v1/project_score', 'online')).toMatchObject({
    config: { online: { sampling_rate: 1 } },
  });
});

test('D20 a dataset of the destination with rows of its own is adopted, and gets no rows before somebody agrees', async () => {
  orgs = await TwoOrgs.start();
  const { id: project } = await orgs.project('P');
  const dataset = await objectOf(orgs, 'dataset', { project, name: 'DS' }, ['"id":"r0","input":"source"', '"id":"r1"']);
  const there = await orgs.destination.object('POST', '/v1/project', { name: 'P' });
  await orgs.destination.object('POST', '/v1/dataset', { project_id: there.id, name: 'DS' });
  await editCopy(dataset, ['"id":"own"', '"id":"r0","input":"destination"']);
  const migration = orgs.migration(ROWS);
  const plan = await migration.plan();
  expect(action(plan, 'skip:dataset.P.DS').reason).toBe('adopted');
  expect(blocks(plan)).toEqual(['dataset_rows.P.DS (destination_not_empty)']);
  const collides = { ids: ['r0'], looked_at: 2, found: 1 };
  expect(action(plan, 'blocked:dataset_rows.P.DS').collides).toEqual(collides);
  expect((await run('plan')).stdout).toContain('rows that both have: r0 (1 of 2 rows looked at in the destination)');
  orgs.emulator.requests.clear();
  const refused = await migration.apply(plan);
  expect(refused.summary).toMatchObject({ blocked: 1, rows: 0 });
  expect(orgs.writesSent().filter((write) => write.includes('logs3'))).toEqual([]);

  migration.respec(`${ROWS}policy: { into_nonempty: merge }\n`);
  const agreed = await migrate(migration);
  expect(action(agreed.plan, 'copy:dataset_rows.P.DS')).toMatchObject({ after: { may_collide: true }, collides });
  expect(agreed.run.streams).toMatchObject([{ address: 'dataset_rows.P.DS', rows: 1, kept: 1 }]);
  expect((await copiedRows(orgs, dataset)).map(({ id, input }) => [id, input ?? null])).toEqual([
    ['own', null],
    ['r0', 'destination'],
    ['r1', null],
  ]);
});

test('E05 neither a key nor a signature is in what is said or kept, also when attachments cannot be fetched', async () => {
  orgs = await TwoOrgs.start({ switches: { redirectAboveBytes: 2000 } });
  for (const key of ['k1', 'k3']) await attach(orgs, key, `bytes of ${key}`);
  const rows = ['k1', 'k2', 'k3'].map((key) => `"id":"of-${key}","input":{"file":${attachmentText(key)}}`);
  const logs = await logsOf(orgs, 'P', [...rows, ...tickets(50), '"id":"bad","input":"poison"']);
  orgs.emulator.requests.clear();
  orgs.emulator.faults.add(
    { match: { method: 'GET', path: '/object-store/*k3*' }, action: { type: 'status', status: 403, body: 'expired' } },
    { match: { method: 'POST', path: '/logs3', bodyIncludes: 'poison' }, action: { type: 'status', status: 400 } },
  );
  const flags = ['--log-level', 'debug', '--events', 'events.ndjson', '--report', 'report.json'];
  const applied = await run('apply', '--auto-approve', ...flags);
  expect(applied.code).toBe(3);
  const kept = [...leftBehind(applied)];
  const verified = await run('verify', '--level', 'content', '--log-level', 'debug');
  // The row that was refused is missing, and the source does not let k3 be looked at.
  expect(verified.code).toBe(9);
  expect(verified.stdout).toMatch(
    /row bad is missing; .*attachment \S+ of the source could not be looked at: .*answered 403/,
  );
  const texts = [...kept, ...leftBehind(verified)];

  // The row and what could be fetched arrived; the rest is named with its reason.
  expect((await bothTexts(orgs, logs)).destination.size).toBe(53);
  const items = JSON.parse((await run('quarantine', 'list', '--json')).stdout).items as { reason: string }[];
  expect(items.map(({ reason }) => reason).sort()).toEqual(['attachment_failed', 'attachment_missing', 'rejected']);

  const signatures = orgs.emulator.requests
    .all()
    .flatMap(({ query }) => new URLSearchParams(query).get('signature') ?? []);
  // Both sides, uploads, downloads that were answered and one that was not.
  expect(signatures.length).toBeGreaterThan(3);
  expect(texts.map(([name]) => name)).toEqual(
    expect.arrayContaining(['bt-migrate.state.db', 'events.ndjson', 'report.json', 'stdout', 'stderr']),
  );
  for (const secret of [SOURCE_KEY, DESTINATION_KEY, 'signature=', ...signatures])
    expect(texts.filter(([, text]) => text.includes(secret)).map(([name]) => name)).toEqual([]);
});

test('F05 verify names the container of a row that was deleted in the destination, and ends with 9', async () => {
  orgs = await TwoOrgs.start();
  const logs = await logsOf(orgs, 'P', tickets(100));
  await logsOf(orgs, 'Q', tickets(10));
  expect((await run('apply', '--auto-approve')).code).toBe(0);
  expect((await run('verify')).code).toBe(0);
  await editCopy(logs, ['"id":"l42","_object_delete":true']);
  for (const level of ['count', 'hash', 'content']) {
    const { code, stdout } = await run('verify', '--level', level, '--json');
    expect(code, level).toBe(9);
    const items = JSON.parse(stdout).items as { address: string; symbol: string; first_difference?: object }[];
    const bad = items.filter(({ symbol }) => symbol !== '=');
    expect(bad.map(({ address }) => address)).toEqual(['logs.P']);
    if (level !== 'count') expect(bad[0]?.first_difference).toMatchObject({ row: 'l42', what: 'missing' });
  }
  expect((await run('verify')).stdout).toContain('logs.P');
});

describe('a run that is killed while attachments are copied', () => {
  const COUNT = 20;
  /** Attachments that are copied at once. */
  const AT_ONCE = 8;

  test('goes on with those that are missing, and every row has its own', async () => {
    orgs = await TwoOrgs.start();
    for (let n = 0; n < COUNT; n++) await attach(orgs, `k${n}`, `bytes of k${n}`);
    const rows = Array.from({ length: COUNT }, (_, n) => `"id":"l${n}","input":${attachmentText(`k${n}`)}`);
    const logs = await logsOf(orgs, 'P', rows);
    const seeded = structuredClone(orgs.emulator.dump());
    const whole = crashingStore(openMemoryState(), -1, 'before');
    await migrate(orgs.migration(ROWS, { store: whole }));
    expect(whole.writes()).toBeGreaterThan(COUNT);
    for (let at = 4; at < whole.writes(); at += 6) {
      orgs.emulator.load(seeded);
      orgs.emulator.requests.clear();
      const store = openMemoryState();
      const dying = orgs.migration(ROWS, { store: crashingStore(store, at, 'before') });
      const plan = await dying.plan();
      await expect(dying.apply(plan), `write ${at}`).rejects.toBeInstanceOf(Crash);
      const run = await orgs.migration(ROWS, { store }).apply(plan);
      expect(run.summary, `write ${at}`).toMatchObject({ rows: COUNT, failed: 0, quarantined: 0 });
      const copies = await copiedRows(orgs, logs);
      expect(copies.map(({ id }) => id)).toEqual(rows.map((_, n) => `l${n}`));
      for (const [n, { input }] of copies.entries())
        expect(await attachedText(orgs, (input as { key: string }).key)).toBe(`bytes of k${n}`);
      expect(orgs.emulator.requests.matching('PUT', '/object-store').length).toBeLessThanOrEqual(COUNT + AT_ONCE);
    }
  });
});

describe('a run whose state was lost', () => {
  test('writes nothing over what the first one copied, and doubles nothing', async () => {
    orgs = await TwoOrgs.start();
    const logs = await logsOf(orgs, 'P', tickets(1200));
    const dataset = await objectOf(orgs, 'dataset', { project: logs.id, name: 'DS' }, tickets(30));
    await migrate(orgs.migration(ROWS));
    await addRows(orgs, logs, ['"id":"new","input":1']);
    expect(blocks(await orgs.migration(ROWS).plan())).toEqual([
      'dataset_rows.P.DS (destination_not_empty)',
      'logs.P (destination_not_empty)',
    ]);
    const again = orgs.migration(`${ROWS}policy: { into_nonempty: merge }\n`);
    const { run: second } = await migrate(again);
    expect(second.streams).toMatchObject([
      { address: 'dataset_rows.P.DS', rows: 0, kept: 30 },
      { address: 'logs.P', rows: 1, kept: 1200 },
    ]);
    for (const container of [logs, dataset]) {
      const { source, destination } = await bothTexts(orgs, container);
      expect([...destination]).toEqual([...source]);
    }
    expect(pending(await again.plan())).toEqual([]);
  });
});
