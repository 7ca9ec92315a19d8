import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/domain/fingerprint.ts';
import type { Lease, StateStore } from '../../src/domain/state.ts';
import { storedAddress } from '../../src/domain/stored-name.ts';
import { openMemoryState } from '../../src/state/memory-store.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { type TestEnvironment, testEnvironment } from '../support/state-environment.ts';
import { BUILD_7, BUILD_8, NIGHTLY, promptMapping, TRIAGE } from '../support/state-fixture.ts';

const CREATE_TRIAGE = 'create:prompt.Support-bot.triage';

/** Everything that planner, executor and commands rely on, whatever keeps the state. */
describe.each(['SQLite', 'memory'] as const)('state store: %s', (kind) => {
  let folder: string;
  let environment: TestEnvironment;
  let store: StateStore;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
    environment = testEnvironment();
    environment.alive.add(BUILD_7.pid);
    store =
      kind === 'memory'
        ? openMemoryState(environment)
        : await openSqliteState({ path: join(folder, 'state.db'), mode: 'write', mustExist: false, ...environment });
  });

  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  async function begun(): Promise<{ lease: Lease; runId: string }> {
    const lease = await store.acquireLease(BUILD_7, 0);
    const { runId } = await store.openRun(lease, NIGHTLY);
    return { lease, runId };
  }

  describe('what it records', () => {
    test('a new state has a lineage and nothing else', async () => {
      const snapshot = await store.snapshot();
      expect(snapshot.lineage).toMatch(/^[0-9a-f-]{36}$/);
      expect(snapshot).toMatchObject({ serial: 0, sourceOrgId: null, destinationOrgId: null, mappings: [] });
      expect(snapshot.secretHmacs.size).toBe(0);
    });

    test('the first run claims the organizations and does not move the serial', async () => {
      await begun();
      expect(await store.snapshot()).toMatchObject({
        serial: 0,
        sourceOrgId: 'acme-dev',
        destinationOrgId: 'acme-prod',
      });
    });

    test('a run of other organizations is refused and leaves no trace', async () => {
      const { lease } = await begun();
      const before = await store.exportDocument();
      const other = { ...NIGHTLY, planDigest: sha256('other'), destinationOrgId: 'acme-staging' };
      await expect(store.openRun(lease, other)).rejects.toMatchObject({ code: 'BTM_WRONG_ORG' });
      expect(await store.exportDocument()).toEqual(before);
    });

    test('one plan digest is one run, found again with its journal', async () => {
      const { lease, runId } = await begun();
      await store.beginAction(lease, runId, CREATE_TRIAGE);
      const again = await store.openRun(lease, NIGHTLY);
      expect(again).toMatchObject({ runId, status: 'running', planDigest: NIGHTLY.planDigest });
      expect(again.journal.get(CREATE_TRIAGE)).toEqual({
        actionId: CREATE_TRIAGE,
        phase: 'begun',
        fingerprint: null,
        error: null,
      });
      const other = await store.openRun(lease, { ...NIGHTLY, planDigest: sha256('other') });
      expect(other.runId).not.toBe(runId);
      expect(other.journal.size).toBe(0);
      expect(await store.findRun(sha256('unknown'))).toBeUndefined();
    });

    test('completing an action records its mapping, its journal entry and its secrets together', async () => {
      const { lease, runId } = await begun();
      await store.beginAction(lease, runId, CREATE_TRIAGE);
      await store.completeAction(lease, runId, CREATE_TRIAGE, {
        fingerprint: TRIAGE.fingerprint,
        mapping: TRIAGE,
        secretHmacs: new Map([[`${TRIAGE.address}#headers.token`, 'hmac-1']]),
      });
      const snapshot = await store.snapshot();
      expect(snapshot.mappings).toEqual([TRIAGE]);
      expect(snapshot.serial).toBe(1);
      expect(snapshot.secretHmacs.get(`${TRIAGE.address}#headers.token`)).toBe('hmac-1');
      const run = await store.findRun(NIGHTLY.planDigest);
      expect(run?.journal.get(CREATE_TRIAGE)).toMatchObject({ phase: 'done', fingerprint: TRIAGE.fingerprint });
    });

    test('the serial moves with mappings and fingerprints only', async () => {
      const { lease, runId } = await begun();
      const complete = async (completion: Parameters<StateStore['completeAction']>[3]) => {
        await store.completeAction(lease, runId, CREATE_TRIAGE, completion);
        return (await store.snapshot()).serial;
      };
      expect(await complete({ fingerprint: null, mapping: TRIAGE })).toBe(1);
      expect(await complete({ fingerprint: null, mapping: TRIAGE })).toBe(1);
      expect(await complete({ fingerprint: null, secretHmacs: new Map([['ai_secret.OPENAI#value', 'x']]) })).toBe(1);
      expect(await complete({ fingerprint: null, mapping: { ...TRIAGE, fingerprint: sha256('edited') } })).toBe(2);
      expect(await complete({ fingerprint: null, forget: { kind: 'prompt', sourceId: 'unknown' } })).toBe(2);
      expect(await complete({ fingerprint: null, forget: TRIAGE })).toBe(3);
      await store.finishRun(lease, runId);
      expect((await store.snapshot()).serial).toBe(3);
    });

    test('mappings come in the order of kind and source id, however they were written', async () => {
      const { lease, runId } = await begun();
      for (const slug of ['refund', 'angry', 'triage']) {
        await store.completeAction(lease, runId, `create:${slug}`, { fingerprint: null, mapping: promptMapping(slug) });
      }
      const { mappings } = await store.snapshot();
      expect(mappings.map(({ sourceId }) => sourceId)).toEqual(['source-angry', 'source-refund', 'source-triage']);
    });

    test('a deleted object takes its secrets with it and no others', async () => {
      const { lease, runId } = await begun();
      const names = [`${TRIAGE.address}#token`, `${TRIAGE.address}-2#token`];
      const secretHmacs = new Map(names.map((name) => [name, `hmac of ${name}`]));
      await store.completeAction(lease, runId, CREATE_TRIAGE, { fingerprint: null, mapping: TRIAGE, secretHmacs });
      await store.completeAction(lease, runId, 'delete:prompt.Support-bot.triage', {
        fingerprint: null,
        forget: TRIAGE,
      });
      const snapshot = await store.snapshot();
      expect(snapshot.mappings).toEqual([]);
      expect([...snapshot.secretHmacs.keys()]).toEqual([`${TRIAGE.address}-2#token`]);
    });

    test('secrets follow their object to its new address', async () => {
      const { lease, runId } = await begun();
      const secretHmacs = new Map([[`${TRIAGE.address}#token`, 'hmac-1']]);
      await store.completeAction(lease, runId, CREATE_TRIAGE, { fingerprint: null, mapping: TRIAGE, secretHmacs });
      await store.putMapping(lease, { ...TRIAGE, address: 'prompt.Support-bot.first-line' });
      const snapshot = await store.snapshot();
      expect([...snapshot.secretHmacs]).toEqual([['prompt.Support-bot.first-line#token', 'hmac-1']]);
      expect(snapshot.serial).toBe(2);
    });

    test('a refusal by the server is kept until the action is begun again', async () => {
      const { lease, runId } = await begun();
      const error = { code: 'BTM_REQUEST_REJECTED', summary: 'The server rejected a request' };
      await store.beginAction(lease, runId, CREATE_TRIAGE);
      await store.failAction(lease, runId, CREATE_TRIAGE, error);
      const failed = await store.findRun(NIGHTLY.planDigest);
      expect(failed?.journal.get(CREATE_TRIAGE)).toMatchObject({ phase: 'failed', error });
      await store.beginAction(lease, runId, CREATE_TRIAGE);
      const again = await store.findRun(NIGHTLY.planDigest);
      expect(again?.journal.get(CREATE_TRIAGE)).toMatchObject({ phase: 'begun', error: null });
    });

    test('a finished run stays finished when its plan is applied again', async () => {
      const { lease, runId } = await begun();
      await store.finishRun(lease, runId);
      expect(await store.openRun(lease, NIGHTLY)).toMatchObject({ runId, status: 'finished' });
    });

    test('a mapping removed by hand is gone and the serial moved', async () => {
      const { lease } = await begun();
      await store.putMapping(lease, TRIAGE);
      await store.removeMapping(lease, 'prompt', TRIAGE.sourceId);
      expect(await store.snapshot()).toMatchObject({ serial: 2, mappings: [] });
    });

    test('writes sent at once are all kept', async () => {
      const { lease, runId } = await begun();
      const slugs = Array.from({ length: 200 }, (_, index) => `topic-${String(index).padStart(3, '0')}`);
      await Promise.all(
        slugs.map((slug) =>
          store.completeAction(lease, runId, `create:${slug}`, { fingerprint: null, mapping: promptMapping(slug) }),
        ),
      );
      const snapshot = await store.snapshot();
      expect(snapshot.mappings.map(({ sourceId }) => sourceId)).toEqual(slugs.map((slug) => `source-${slug}`));
      expect(snapshot.serial).toBe(200);
    });

    test('a refused write takes none of its neighbours with it', async () => {
      const { lease, runId } = await begun();
      const stale: Lease = { ...lease, token: lease.token - 1 };
      const outcomes = await Promise.allSettled([
        store.putMapping(lease, promptMapping('refund')),
        store.putMapping(stale, promptMapping('stolen')),
        store.completeAction(lease, runId, CREATE_TRIAGE, { fingerprint: null, mapping: TRIAGE }),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      const { mappings } = await store.snapshot();
      expect(mappings.map(({ sourceId }) => sourceId)).toEqual(['source-refund', 'source-triage']);
    });
  });

  describe('what it keeps to itself', () => {
    const GRANT = 'acl.project.Support-bot."user:ann@dev.example".read.-';

    test('e-mail addresses are not stored, yet callers ask with the names they know', async () => {
      const { lease, runId } = await begun();
      const secret = `env_var.project."ann@dev.example's bot".TOKEN#value`;
      await store.beginAction(lease, runId, `create:${GRANT}`);
      await store.completeAction(lease, runId, `create:${GRANT}`, {
        fingerprint: sha256('grant'),
        mapping: { ...TRIAGE, kind: 'acl', address: GRANT },
        secretHmacs: new Map([[secret, 'hmac-1']]),
      });
      await store.failAction(lease, runId, 'create:user."bob@dev.example"', {
        code: 'BTM_FAILED',
        summary: 'bob@dev.example is unknown',
      });
      expect(JSON.stringify(await store.exportDocument())).not.toContain('@');

      const snapshot = await store.snapshot();
      expect(snapshot.mappings[0]?.address).toMatch(/^acl\.project\.Support-bot\."user:email~[0-9a-f]{16}"\.read\.-$/);
      expect(snapshot.mappings[0]?.address).toBe(storedAddress(snapshot.lineage, GRANT));
      expect(snapshot.secretHmacs.get(secret)).toBe('hmac-1');
      const run = await store.findRun(NIGHTLY.planDigest);
      expect(run?.journal.get(`create:${GRANT}`)).toMatchObject({ actionId: `create:${GRANT}`, phase: 'done' });
      expect(run?.journal.has('create:user."bob@dev.example"')).toBe(true);
      expect(run?.journal.has('create:user."eve@dev.example"')).toBe(false);
    });

    test('a stored address may be handed back as it is', async () => {
      const { lease } = await begun();
      await store.putMapping(lease, { ...TRIAGE, kind: 'acl', address: GRANT });
      const [mapping] = (await store.snapshot()).mappings;
      if (mapping === undefined) throw new Error('The mapping was not stored.');
      await store.putMapping(lease, mapping);
      expect((await store.snapshot()).mappings).toEqual([mapping]);
    });

    test('equal secrets give equal digests, which do not hold the secret', async () => {
      const digest = await store.secretHmac('sk-acme-canary');
      expect(digest).toMatch(/^[0-9a-f]{64}$/);
      expect(await store.secretHmac('sk-acme-canary')).toBe(digest);
      expect(await store.secretHmac('sk-acme-other')).not.toBe(digest);
    });
  });

  describe('the lock', () => {
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
});
