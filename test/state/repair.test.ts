import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parsePattern } from '../../src/domain/address.ts';
import { sha256 } from '../../src/domain/fingerprint.ts';
import { canonicalJson } from '../../src/domain/json.ts';
import type { Lease, StateStore } from '../../src/domain/state.ts';
import { checkState } from '../../src/state/check-state.ts';
import { importState } from '../../src/state/import-state.ts';
import { openMemoryState } from '../../src/state/memory-store.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { listMappings, moveMapping, removeMapping } from '../../src/state/repair-state.ts';
import { formatStateDocument, parseStateDocument } from '../../src/state/state-document.ts';
import { unlockState } from '../../src/state/unlock-state.ts';
import { testEnvironment } from '../support/state-environment.ts';
import { BUILD_7, BUILD_8, NIGHTLY, promptMapping, TRIAGE } from '../support/state-fixture.ts';

const PROJECT = { ...TRIAGE, kind: 'project', sourceId: 'source-project', address: 'project.Support-bot' } as const;
const ANN = { ...TRIAGE, kind: 'user', sourceId: 'source-ann', address: 'user."ann@dev.example"' } as const;

let folder: string;
let path: string;
let environment: ReturnType<typeof testEnvironment>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
  path = join(folder, 'state.db');
  environment = testEnvironment();
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('mappings by hand', () => {
  let store: StateStore;
  let lease: Lease;

  beforeEach(async () => {
    store = openMemoryState(environment);
    lease = await store.acquireLease(BUILD_7, 0);
    for (const mapping of [TRIAGE, promptMapping('refund'), ANN]) await store.putMapping(lease, mapping);
  });

  test('are listed by kind as they are made, then by address, however they came in', async () => {
    await store.putMapping(lease, { ...PROJECT, destinationId: 'destination-project' });
    const [answer, refund] = [promptMapping('answer'), promptMapping('refund')];
    await store.putMapping(lease, { ...answer, sourceId: 'zz', destinationId: 'aa' });
    expect(listMappings(await store.snapshot(), []).map(({ address }) => address.replace(/^user\..*/, 'user'))).toEqual(
      ['user', PROJECT.address, answer.address, refund.address, TRIAGE.address],
    );
  });

  test('are listed all, or by pattern, also by the e-mail address that the state does not hold', async () => {
    const snapshot = await store.snapshot();
    const ids = (...patterns: string[]) =>
      listMappings(snapshot, patterns.map(parsePattern)).map(({ sourceId }) => sourceId);
    expect(ids()).toEqual(['source-ann', 'source-refund', 'source-triage']);
    expect(ids('prompt.Support-bot.*')).toEqual(['source-refund', 'source-triage']);
    expect(ids('user."ann@dev.example"')).toEqual(['source-ann']);
    expect(ids('user."bob@dev.example"', 'prompt.*.refund')).toEqual(['source-refund']);
  });

  test('move to a free address of the same kind', async () => {
    const before = await store.snapshot();
    await moveMapping(store, lease, TRIAGE.address, 'prompt.Support-bot.first-line');
    const after = await store.snapshot();
    expect(after.serial).toBe(before.serial + 1);
    expect(after.mappings).toContainEqual({ ...TRIAGE, address: 'prompt.Support-bot.first-line' });
    expect(after.mappings).toHaveLength(3);
  });

  test.each([
    ['an unknown address', 'prompt.Support-bot.unknown', 'prompt.Support-bot.first-line', 'BTM_UNKNOWN_ADDRESS'],
    ['a taken address', TRIAGE.address, 'prompt.Support-bot.refund', 'BTM_USAGE'],
    ['another kind', TRIAGE.address, 'function.Support-bot.triage', 'BTM_USAGE'],
    ['no address', TRIAGE.address, 'Support bot', 'BTM_USAGE'],
  ])('do not move from or to %s', async (_name, before, after, code) => {
    const state = await store.exportDocument();
    await expect(moveMapping(store, lease, before, after)).rejects.toMatchObject({ code });
    expect(await store.exportDocument()).toEqual(state);
  });

  test('are forgotten by address, or one of several by its source id', async () => {
    await removeMapping(store, lease, 'user."ann@dev.example"');
    await store.putMapping(lease, { ...TRIAGE, sourceId: 'source-triage-again' });
    await expect(moveMapping(store, lease, TRIAGE.address, 'prompt.P.x')).rejects.toMatchObject({
      code: 'BTM_UNKNOWN_ADDRESS',
      detail: /2 objects/,
    });
    await removeMapping(store, lease, TRIAGE.address, 'source-triage');
    const left = (await store.snapshot()).mappings.map(({ sourceId }) => sourceId);
    expect(left).toEqual(['source-refund', 'source-triage-again']);
    await expect(removeMapping(store, lease, 'prompt.Support-bot.unknown')).rejects.toMatchObject({
      code: 'BTM_UNKNOWN_ADDRESS',
    });
  });
});

describe('checking', () => {
  const codes = async () =>
    (await checkState(path, environment)).problems.map(({ severity, code }) => [severity, code]);

  async function used(work: (store: StateStore, lease: Lease, runId: string) => Promise<void>): Promise<void> {
    const store = await openSqliteState({ path, mode: 'write', mustExist: false, ...environment });
    const lease = await store.acquireLease(BUILD_7, 0);
    const { runId } = await store.openRun(lease, NIGHTLY);
    await work(store, lease, runId);
    await store.close();
  }

  test('finds nothing wrong with a state that was used as meant', async () => {
    await used(async (store, lease, runId) => {
      await store.beginAction(lease, runId, 'create:prompt.Support-bot.triage');
      await store.completeAction(lease, runId, 'create:prompt.Support-bot.triage', {
        fingerprint: null,
        mapping: TRIAGE,
      });
      await store.finishRun(lease, runId);
    });
    expect(await codes()).toEqual([]);
  });

  test('names two source objects that claim one destination object, but allows several people to be one', async () => {
    await used(async (store, lease) => {
      await store.putMapping(lease, TRIAGE);
      await store.putMapping(lease, { ...promptMapping('refund'), destinationId: TRIAGE.destinationId });
      await store.putMapping(lease, { ...ANN, destinationId: 'destination-support' });
      await store.putMapping(lease, { ...ANN, sourceId: 'source-bob', destinationId: 'destination-support' });
    });
    expect(await codes()).toEqual([['error', 'duplicate_destination']]);
  });

  test('names what an interrupted run began, and calls it an error once the run claims to be finished', async () => {
    await used((store, lease, runId) => store.beginAction(lease, runId, 'create:prompt.Support-bot.triage'));
    expect(await codes()).toEqual([['warning', 'begun_not_settled']]);
    await used((store, lease, runId) => store.finishRun(lease, runId));
    expect(await codes()).toEqual([['error', 'finished_with_begun']]);
  });

  test('names mappings of a run that is not there', async () => {
    const store = openMemoryState(environment);
    const lease = await store.acquireLease(BUILD_7, 0);
    const { runId } = await store.openRun(lease, NIGHTLY);
    await store.completeAction(lease, runId, 'create:triage', { fingerprint: null, mapping: TRIAGE });
    const { digest: _, ...document } = await store.exportDocument();
    const cut = { ...document, runs: [] };
    const text = formatStateDocument({ ...cut, digest: sha256(canonicalJson(cut)) });
    await importState(parseStateDocument(text), path, { force: false, holder: BUILD_7, ...environment });
    expect(await codes()).toEqual([['error', 'mapping_without_run']]);
  });

  test('names a lock that was left behind, once it is old', async () => {
    const store = await openSqliteState({ path, mode: 'write', mustExist: false, ...environment });
    await store.acquireLease(BUILD_7, 0);
    expect(await codes()).toEqual([]);
    environment.advance(121_000);
    expect(await codes()).toEqual([['warning', 'lock_left_behind']]);
    await store.close();
  });

  test('a missing file is an error', async () => {
    await expect(checkState(path)).rejects.toMatchObject({ code: 'BTM_STATE_MISSING' });
  });
});

describe('unlocking', () => {
  const unlock = (force: boolean) => unlockState(path, { force, holder: BUILD_8, ...environment });

  test('takes the lock from a holder that seems alive only when forced, and stops its writes', async () => {
    const store = await openSqliteState({ path, mode: 'write', mustExist: false, ...environment });
    const lease = await store.acquireLease(BUILD_7, 0);
    await expect(unlock(false)).rejects.toMatchObject({ code: 'BTM_STATE_LOCKED', detail: /4711 on build-7/ });
    await expect(store.putMapping(lease, TRIAGE)).resolves.toBeUndefined();
    expect(await unlock(true)).toContain('process 4711 on build-7');
    await expect(store.putMapping(lease, promptMapping('refund'))).rejects.toMatchObject({
      code: 'BTM_LEASE_LOST',
      detail: /unlocked/,
    });
    const next = await store.acquireLease(BUILD_8, 0);
    expect(next.token).toBeGreaterThan(lease.token);
    await store.close();
  });

  test('says when there was no lock', async () => {
    const store = await openSqliteState({ path, mode: 'write', mustExist: false, ...environment });
    await store.close();
    expect(await unlock(false)).toBeNull();
  });

  test('of a missing file is an error and creates none', async () => {
    await expect(unlock(true)).rejects.toMatchObject({ code: 'BTM_STATE_MISSING' });
  });
});
