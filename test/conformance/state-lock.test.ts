import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StateStore } from '../../src/domain/state.ts';
import { openTestStore, STORE_KINDS } from '../support/open-test-store.ts';
import { type TestEnvironment, testEnvironment } from '../support/state-environment.ts';
import { BUILD_7, BUILD_8, NIGHTLY, TRIAGE } from '../support/state-fixture.ts';

const CREATE_TRIAGE = 'create:prompt.Support-bot.triage';

/** Who may write, whatever keeps the state. */
describe.each(STORE_KINDS)('state lock: %s', (kind) => {
  let folder: string;
  let environment: TestEnvironment;
  let store: StateStore;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
    environment = testEnvironment();
    environment.alive.add(BUILD_7.pid);
    store = await openTestStore(kind, folder, environment);
  });

  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test('is refused to a second taker, who learns who holds it and what to do', async () => {
    await store.acquireLease(BUILD_7, 0);
    environment.advance(3_000);
    await expect(store.acquireLease(BUILD_8, 0)).rejects.toMatchObject({
      code: 'BTM_STATE_LOCKED',
      detail: expect.stringMatching(
        /process 4711 on build-7 \(https:\/\/ci\.acme\.example\/jobs\/12\).* 3 s ago/,
      ) as string,
      hint: expect.stringContaining('bt-migrate state unlock --force') as string,
    });
  });

  test('goes to a waiting taker once it is released, with a higher token', async () => {
    const first = await store.acquireLease(BUILD_7, 0);
    const notices: string[] = [];
    environment.during.sleep = () => void first.release();
    const second = await store.acquireLease(BUILD_8, 60_000, { onWait: (detail) => notices.push(detail) });
    await first.release();
    expect(second.token).toBeGreaterThan(first.token);
    expect(notices).toEqual([expect.stringContaining('process 4711 on build-7')]);
  });

  test('is waited for as long as asked and no longer', async () => {
    await store.acquireLease(BUILD_7, 0);
    const startedAt = environment.now();
    await expect(store.acquireLease(BUILD_8, 20_000)).rejects.toMatchObject({ code: 'BTM_STATE_LOCKED' });
    expect(environment.now() - startedAt).toBe(20_000);
  });

  test('stays with a holder that sends signs of life, whatever its clock says', async () => {
    const lease = await store.acquireLease(BUILD_7, 0);
    environment.during.sleep = () => environment.beat();
    // As if the clock of the holder were hours behind.
    environment.advance(3 * 3_600_000);
    await expect(store.acquireLease(BUILD_8, 150_000)).rejects.toMatchObject({ code: 'BTM_STATE_LOCKED' });
    await expect(store.putMapping(lease, TRIAGE)).resolves.toBeUndefined();
  });

  test('is taken over from a silent holder, whose next write is refused', async () => {
    const lost = await store.acquireLease(BUILD_7, 0);
    const { runId } = await store.openRun(lost, NIGHTLY);
    environment.advance(121_000);
    const current = await store.acquireLease(BUILD_8, 0);
    expect(current.token).toBeGreaterThan(lost.token);
    const refused = { code: 'BTM_LEASE_LOST', detail: expect.stringContaining('build-8') as string };
    await expect(store.openRun(lost, NIGHTLY)).rejects.toMatchObject(refused);
    await expect(store.beginAction(lost, runId, CREATE_TRIAGE)).rejects.toMatchObject(refused);
    await expect(
      store.completeAction(lost, runId, CREATE_TRIAGE, { fingerprint: null, mapping: TRIAGE }),
    ).rejects.toMatchObject(refused);
    await expect(
      store.failAction(lost, runId, CREATE_TRIAGE, { code: 'BTM_FAILED', summary: 'The command failed' }),
    ).rejects.toMatchObject(refused);
    await expect(store.finishRun(lost, runId)).rejects.toMatchObject(refused);
    await expect(store.putMapping(lost, TRIAGE)).rejects.toMatchObject(refused);
    await expect(store.removeMapping(lost, 'prompt', TRIAGE.sourceId)).rejects.toMatchObject(refused);
    await lost.release();
    await expect(store.putMapping(current, TRIAGE)).resolves.toBeUndefined();
    expect((await store.snapshot()).mappings).toEqual([TRIAGE]);
  });

  test('of a silent holder whose clock was hours ahead is taken over once it was watched long enough', async () => {
    await store.acquireLease(BUILD_7, 0);
    environment.advance(-3 * 3_600_000);
    const startedAt = environment.now();
    await store.acquireLease(BUILD_8, 180_000);
    expect(environment.now() - startedAt).toBe(120_000);
  });

  test('of a dead process on this machine is taken over at once, without any wait asked for', async () => {
    await store.acquireLease(BUILD_7, 0);
    environment.alive.delete(BUILD_7.pid);
    const startedAt = environment.now();
    await store.acquireLease({ ...BUILD_7, pid: 4800 }, 0);
    expect(environment.now() - startedAt).toBeLessThan(2_000);
  });

  test('of a process that only another machine could see is not taken for dead', async () => {
    await store.acquireLease(BUILD_7, 0);
    environment.alive.delete(BUILD_7.pid);
    await expect(store.acquireLease({ ...BUILD_7, bootId: 'boot-9' }, 0)).rejects.toMatchObject({
      code: 'BTM_STATE_LOCKED',
    });
  });

  test('waiting ends when the user interrupts, with the reason of the interruption', async () => {
    await store.acquireLease(BUILD_7, 0);
    const interruption = new AbortController();
    const reason = new Error('interrupted');
    const waiting = store.acquireLease(BUILD_8, 60_000, {
      signal: interruption.signal,
      onWait: () => interruption.abort(reason),
    });
    await expect(waiting).rejects.toBe(reason);
  });

  test('a released lease writes nothing any more', async () => {
    const lease = await store.acquireLease(BUILD_7, 0);
    await lease.release();
    await expect(store.putMapping(lease, TRIAGE)).rejects.toMatchObject({ code: 'BTM_LEASE_LOST' });
  });
});
