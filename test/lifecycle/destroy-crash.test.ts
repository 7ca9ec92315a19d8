import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Dump } from '../../emulator/store/dump.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { Crash, crashingStore } from '../support/crashing-store.ts';
import { chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let folder: string;
/** Both orgs after the migration. */
let migrated: Dump;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bt-migrate-destroy-'));
  orgs = await TwoOrgs.start();
  const { id: project_id } = await orgs.project();
  const make = (kind: string, body: object) => orgs.source.object('POST', `/v1/${kind}`, { project_id, ...body });
  const using = (id: string) => ({ prompt_data: chat('Use it.', { tool_functions: [{ type: 'function', id }] }) });
  const tool = { function_type: 'tool', function_data: { type: 'prompt' } };
  // References that form cycles, so that objects lose one to something that was deleted before them.
  const a = await make('function', { ...tool, name: 'A', slug: 'a' });
  const b = await make('function', { ...tool, name: 'B', slug: 'b', ...using(a.id) });
  await orgs.source.object('PATCH', `/v1/function/${a.id}`, using(b.id));
  const golden = await make('dataset', { name: 'Golden' });
  await orgs.source.object('POST', '/logs3', { rows: [{ id: 'r', dataset_id: golden.id, input: 1 }], api_version: 2 });
  const run = await make('experiment', { name: 'Run', dataset_id: golden.id });
  await orgs.source.object('PATCH', `/v1/project/${project_id}`, { settings: { baseline_experiment_id: run.id } });
  const store = await openState('migrated.db');
  await migrate(orgs.migration('', { store }));
  await store.close();
  migrated = JSON.parse(JSON.stringify(orgs.emulator.dump())) as Dump;
});
afterAll(async () => {
  await orgs.close();
  rmSync(folder, { recursive: true });
});

function openState(name: string) {
  return openSqliteState({ path: join(folder, name), mustExist: false, mode: 'write' });
}

async function restored() {
  orgs.emulator.load(migrated);
  orgs.emulator.requests.clear();
  copyFileSync(join(folder, 'migrated.db'), join(folder, 'copy.db'));
  return openState('copy.db');
}

test.each(['before', 'after'] as const)(
  'a process that dies %s a write of its journal is resumed by the same plan, at every such write',
  async (when) => {
    let died = true;
    let at = 0;
    for (; died; at += 1) {
      const store = await restored();
      const dying = orgs.migration('limits: { parallelism: 2 }', { store: crashingStore(store, at, when) });
      const plan = await dying.destroy();
      died = await dying.apply(plan).then(
        () => false,
        (error: unknown) => {
          expect(error).toBeInstanceOf(Crash);
          return true;
        },
      );
      const resumed = orgs.migration('limits: { parallelism: 2 }', { store });
      const run = await resumed.apply(plan);
      expect(run, `write ${at}`).toMatchObject({ summary: { failed: 0 } });
      expect(run.actions.filter(({ status }) => status === 'not_attempted')).toEqual([]);
      expect(await orgs.destination.list('/v1/project'), `write ${at}`).toEqual([]);
      const { mappings } = await store.snapshot();
      expect(
        mappings.filter(({ origin }) => origin === 'created'),
        `write ${at}`,
      ).toEqual([]);
      expect(pending(await resumed.destroy())).toEqual([]);
      await store.close();
    }
    expect(at).toBeGreaterThan(12);
  },
  600_000,
);
