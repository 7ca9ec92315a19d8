import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StateStore } from '../../src/domain/state.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { type TestEnvironment, testEnvironment } from '../support/state-environment.ts';
import { BUILD_7, BUILD_8, NIGHTLY, promptMapping, TRIAGE } from '../support/state-fixture.ts';

const CREATE_TRIAGE = 'create:prompt.Support-bot.triage';

let folder: string;
let path: string;
let environment: TestEnvironment;
const opened: StateStore[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'acme-late-'));
  path = join(folder, 'state.db');
  environment = testEnvironment();
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  rmSync(folder, { recursive: true });
});

async function open(): Promise<StateStore> {
  const store = await openSqliteState({ path, mode: 'write_late', mustExist: false, ...environment });
  opened.push(store);
  return store;
}

test('a state that nothing is written to leaves no file, whatever was asked of it', async () => {
  const store = await open();
  const lease = await store.acquireLease(BUILD_7, 0);
  expect(await store.snapshot()).toMatchObject({ lineage: null, mappings: [] });
  expect(await store.findRun(NIGHTLY.planDigest)).toBeUndefined();
  expect(await store.secretHmac('sk-prod')).toBe(await store.secretHmac('sk-prod'));
  await expect(store.exportDocument()).rejects.toMatchObject({ code: 'BTM_STATE_MISSING' });
  await lease.release();
  await store.close();
  expect(readdirSync(folder)).toEqual([]);
});

test('the first write makes the file, private and locked, and everything after it goes there', async () => {
  const store = await open();
  const lease = await store.acquireLease(BUILD_7, 0);
  const run = await store.openRun(lease, NIGHTLY);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(lease.token).toBe(1);
  const other = await open();
  await expect(other.acquireLease(BUILD_8, 0)).rejects.toMatchObject({ code: 'BTM_STATE_LOCKED', detail: /build-7/ });
  await store.beginAction(lease, run.runId, CREATE_TRIAGE);
  await store.completeAction(lease, run.runId, CREATE_TRIAGE, { fingerprint: TRIAGE.fingerprint, mapping: TRIAGE });
  await store.failAction(lease, run.runId, 'link:project.A', { code: 'BTM_FAILED', summary: 'The command failed' });
  await store.putMapping(lease, promptMapping('refund'));
  await store.removeMapping(lease, 'prompt', 'source-refund');
  await store.finishRun(lease, run.runId);
  await lease.release();
  await other.close();
  await store.close();
  expect(readdirSync(folder)).toEqual(['state.db']);
  const later = await openSqliteState({ path, mode: 'read', mustExist: true });
  opened.push(later);
  expect((await later.snapshot()).mappings).toEqual([TRIAGE]);
  expect(await later.findRun(NIGHTLY.planDigest)).toMatchObject({ runId: run.runId, status: 'finished' });
});

test('what another run wrote meanwhile is not written over', async () => {
  const [late, early] = [await open(), await open()];
  const [lateLease, earlyLease] = [await late.acquireLease(BUILD_7, 0), await early.acquireLease(BUILD_8, 0)];
  await early.putMapping(earlyLease, TRIAGE);
  await expect(late.openRun(lateLease, NIGHTLY)).rejects.toMatchObject({ code: 'BTM_STATE_LOCKED', detail: /build-8/ });
  await earlyLease.release();
  const third = await open();
  await third.close();
  expect((await early.snapshot()).mappings).toEqual([TRIAGE]);
});

test('a run that was not yet writing when another one made the state and ended is told to start again', async () => {
  const [late, early] = [await open(), await open()];
  const lease = await late.acquireLease(BUILD_7, 0);
  await early.putMapping(await early.acquireLease(BUILD_8, 0), TRIAGE);
  await early.close();
  await expect(late.openRun(lease, NIGHTLY)).rejects.toMatchObject({ code: 'BTM_LEASE_LOST', detail: /another run/ });
  expect(await (await open()).findRun(NIGHTLY.planDigest)).toBeUndefined();
});

test('where no state can be made is told before anything else is done', async () => {
  path = join(folder, 'missing', 'state.db');
  await expect(open()).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE', detail: /folder does not exist/ });
  path = join(folder, 'state.db');
  writeFileSync(`${path}-wal`, 'left over');
  await expect(open()).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE', detail: /still there/ });
});

test('a state that must exist is missing at once, and one that exists is opened as ever', async () => {
  const must = { path, mode: 'write_late', mustExist: true } as const;
  await expect(openSqliteState(must)).rejects.toMatchObject({ code: 'BTM_STATE_MISSING' });
  await (await openSqliteState({ ...must, mode: 'write', mustExist: false })).close();
  const store = await openSqliteState(must);
  opened.push(store);
  expect((await store.snapshot()).lineage).toMatch(/^[0-9a-f-]{36}$/);
});
