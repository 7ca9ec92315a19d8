import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/domain/fingerprint.ts';
import type { Lease, StateStore } from '../../src/domain/state.ts';
import { storedAddress } from '../../src/domain/stored-name.ts';
import { openTestStore, STORE_KINDS } from '../support/open-test-store.ts';
import { type TestEnvironment, testEnvironment } from '../support/state-environment.ts';
import { BUILD_7, NIGHTLY, promptMapping, TRIAGE } from '../support/state-fixture.ts';

const CREATE_TRIAGE = 'create:prompt.Support-bot.triage';

/** Everything that planner, executor and commands rely on, whatever keeps the state. */
describe.each(STORE_KINDS)('state store: %s', (kind) => {
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
});
