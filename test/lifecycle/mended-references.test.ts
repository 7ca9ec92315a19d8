import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Dump } from '../../emulator/store/dump.ts';
import type { StateDocument, StateStore } from '../../src/domain/state.ts';
import type { PlannedCopy } from '../../src/domain/stream-plan.ts';
import { importState } from '../../src/state/import-state.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { Crash, crashingStore } from '../support/crashing-store.ts';
import type { Shown } from '../support/emulator-client.ts';
import type { Migration } from '../support/migration.ts';
import { rowTexts } from '../support/row-texts.ts';
import { BUILD_7 } from '../support/state-fixture.ts';
import { action, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

const ONLY_BOT = 'projects: { include: ["Support bot"] }\n';
const LOGS = 'copy:logs."Support bot"';

const folder = mkdtempSync(join(tmpdir(), 'acme-mending-'));
const stores: StateStore[] = [];

let orgs: TwoOrgs;
let bot: Shown;
let playbook: Shown;
let prompt: Shown;

/** The logs of one project refer to a prompt of another one. */
beforeEach(async () => {
  orgs = await TwoOrgs.start();
  bot = await orgs.project();
  playbook = await orgs.project('Playbook');
  const prompt_data = chat('Sort it.');
  prompt = await orgs.source.object('POST', '/v1/prompt', {
    project_id: playbook.id,
    name: 'Triage',
    slug: 'triage',
    prompt_data,
  });
  const asks = { prompt: { id: prompt.id, project_id: playbook.id } };
  await insert('source', bot, [{ id: 'plain-1', input: 'hello' }]);
  await insert('source', bot, [{ id: 'asks', input: 'a', metadata: asks }]);
  await insert('source', bot, [
    { id: 'came-from', input: 'b', origin: { object_type: 'project_logs', object_id: playbook.id, id: 'x' } },
    { id: 'plain-3', input: 'hello' },
    { id: 'edited', input: 'c', metadata: asks },
  ]);
  await insert('source', bot, [
    { id: 'lost', input: 'd', origin: { object_type: 'dataset', object_id: UNKNOWN, id: 'x' } },
    { id: 'plain-2', input: 'hello' },
  ]);
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await orgs.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function imported(document: StateDocument, name: string): Promise<StateStore> {
  const path = join(folder, `${name}.db`);
  await importState(document, path, { force: false, holder: BUILD_7 });
  const store = await openSqliteState({ path, mode: 'write', mustExist: true });
  stores.push(store);
  return store;
}

const UNKNOWN = '3c5e3a44-6a63-4f0f-8a9c-2d3c58e1a001';

async function insert(side: 'source' | 'destination', project: Shown, rows: readonly object[]): Promise<void> {
  const whole = rows.map((row) => ({ ...row, project_id: project.id, log_id: 'g' }));
  await orgs[side].object('POST', '/logs3', { rows: whole, api_version: 2 });
}

/** Lets a minute and more go by, so that nothing of the last pass can turn up late. */
function settle(): void {
  orgs.emulator.clock.advance(120_000);
}

async function copied(): Promise<Map<string, string>> {
  const { id } = await orgs.found('destination', '/v1/project', 'Support bot');
  return rowTexts(orgs.emulator.dump(), 'project_logs', id);
}

/** Ids of the rows that were sent to the destination since the log was cleared, in their order. */
function sent(): string[] {
  const writes = orgs.emulator.requests.matching('POST', '/logs3').filter(({ org }) => org === 'Acme Prod');
  return writes.flatMap(({ body }) => (JSON.parse(body ?? '') as { rows: { id: string }[] }).rows.map(({ id }) => id));
}

async function sourceXacts(): Promise<Map<string, bigint>> {
  const query = `select: id, _xact_id | from: project_logs('${bot.id}') spans`;
  const { data } = (await orgs.source.object('POST', '/btql', { query })) as unknown as {
    data: { id: string; _xact_id: string }[];
  };
  return new Map(data.map(({ id, _xact_id }) => [id, BigInt(_xact_id)]));
}

async function expectMended(): Promise<void> {
  const newPrompt = (await orgs.found('destination', '/v1/prompt', 'triage')).id;
  const newPlaybook = (await orgs.found('destination', '/v1/project', 'Playbook')).id;
  const rows = await copied();
  expect(rows.get('"asks"')).toContain(`{"prompt":{"id":"${newPrompt}","project_id":"${newPlaybook}"}}`);
  expect(rows.get('"came-from"')).toContain(`"object_id":"${newPlaybook}"`);
  expect(rows.get('"lost"')).toContain(UNKNOWN);
  expect(rows.size).toBe(7);
}

describe('rows that were copied before what they refer to', () => {
  test('because that failed, are written again when the same run is resumed and makes it', async () => {
    const migration = orgs.migration();
    const plan = await migration.plan();
    const [rule = ''] = orgs.emulator.faults.add({
      match: { method: 'POST', path: '/v1/prompt', org: 'Acme Prod' },
      action: { type: 'status', status: 400 },
    });
    expect((await migration.apply(plan)).summary).toMatchObject({ failed: 1, rows: 7 });
    orgs.emulator.faults.remove(rule);
    orgs.emulator.requests.clear();
    const resumed = await migration.apply(plan);
    expect(resumed).toMatchObject({ resumed: true, summary: { failed: 0 } });
    expect(resumed.streams).toMatchObject([{ rows: 9, mended: 2 }]);
    expect(sent()).toEqual(['asks', 'edited']);
    await expectMended();
    settle();
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('are named by each plan, written again by the one that includes it, and then no more', async () => {
    const migration = orgs.migration(ONLY_BOT);
    const { run } = await migrate(migration);
    expect(run.row_notes?.unresolved).toEqual({ dataset: 1, project: 3, prompt: 2 });
    settle();
    const before = await migration.plan();
    expect(pending(before)).toEqual([]);
    const left = before.not_migrated.filter(({ reason }) => reason === 'reference_left');
    expect(left).toEqual([
      { address: 'logs."Support bot"', path: `dataset ${UNKNOWN}`, reason: 'reference_left', count: 1 },
      { address: 'logs."Support bot"', path: 'project.Playbook', reason: 'reference_left', count: 3 },
      { address: 'logs."Support bot"', path: `prompt ${prompt.id}`, reason: 'reference_left', count: 2 },
    ]);

    const home = await orgs.found('destination', '/v1/project', 'Support bot');
    await insert('destination', home, [{ id: 'edited', input: 'by hand' }]);
    migration.respec('');
    const plan = await migration.plan();
    const mends = (action(plan, LOGS).after as PlannedCopy).mends;
    expect(action(plan, LOGS).reason).toBe('references_found');
    expect(mends?.references.map(({ address }) => address)).toEqual(['project.Playbook', 'prompt.Playbook.triage']);
    expect(mends?.rows).toBe(5);
    orgs.emulator.requests.clear();
    const second = await migration.apply(plan);
    expect(second.summary).toMatchObject({ rows: 2, failed: 0 });
    expect(second.streams).toMatchObject([{ address: 'logs."Support bot"', rows: 2, mended: 2, kept: 1 }]);
    expect(sent()).toEqual(['asks', 'came-from']);
    await expectMended();
    expect((await copied()).get('"edited"')).toContain('by hand');

    const after = await migration.plan();
    expect(pending(after)).toEqual([]);
    expect(after.not_migrated.filter(({ reason }) => reason === 'reference_left')).toHaveLength(1);
  });

  test('are mended beside rows that are new, and by a state that moved to another machine', async () => {
    const first = orgs.migration(ONLY_BOT);
    await migrate(first);
    settle();
    await insert('source', bot, [{ id: 'new', input: 'e' }]);
    const document = await first.store.exportDocument();
    expect(document.streams?.unresolved).toHaveLength(3);
    const migration = orgs.migration('', { store: await imported(document, 'nightly') });
    const plan = await migration.plan();
    expect(action(plan, LOGS).reason).toBe('rows_changed');
    orgs.emulator.requests.clear();
    const run = await migration.apply(plan);
    expect(run.streams).toMatchObject([{ rows: 4, mended: 3 }]);
    expect(sent()).toEqual(['asks', 'came-from', 'edited', 'new']);
  });

  test('are read again only between the first and the last of them', async () => {
    const migration = orgs.migration(ONLY_BOT);
    await migrate(migration);
    settle();
    migration.respec('');
    const { xact_after, xact_up_to } = (action(await migration.plan(), LOGS).after as PlannedCopy).mends ?? {};
    const xacts = await sourceXacts();
    expect([BigInt(xact_after ?? 0) + 1n, BigInt(xact_up_to ?? 0)]).toEqual([xacts.get('asks'), xacts.get('edited')]);
    expect(xacts.get('plain-2')).toBeGreaterThan(BigInt(xact_up_to ?? 0));
  });
});

describe.each(['before', 'after'] as const)('a process that dies %s a write of its state while it mends', (when) => {
  test('is resumed by the same plan, at every such write', async () => {
    const first = orgs.migration(ONLY_BOT);
    await migrate(first);
    settle();
    const [orgsBefore, stateBefore] = [JSON.stringify(orgs.emulator.dump()), await first.store.exportDocument()];
    let steps = Number.POSITIVE_INFINITY;
    for (let at = 0; at < steps; at++) {
      orgs.emulator.load(JSON.parse(orgsBefore) as Dump);
      const store = await imported(stateBefore, `${when}-${at}`);
      const migration: Migration = orgs.migration('', { store });
      const plan = await migration.plan();
      const dying = crashingStore(store, at, when);
      const crashed = await orgs
        .migration('', { store: dying })
        .apply(plan)
        .then(
          () => false,
          (error: unknown) => error instanceof Crash,
        );
      if (!crashed) {
        steps = at;
        expect(dying.writes()).toBe(at);
        break;
      }
      const run = await migration.apply(plan);
      expect(run.streams, `step ${at}`).toMatchObject(run.already_applied ? [] : [{ mended: 3 }]);
      expect(run.streams[0]?.kept, `step ${at}`).toBeUndefined();
      await expectMended();
      expect((await copied()).get('"edited"'), `step ${at}`).not.toContain(prompt.id);
      expect(pending(await migration.plan()), `step ${at}`).toEqual([]);
    }
    expect(steps).toBeGreaterThan(12);
  });
});
