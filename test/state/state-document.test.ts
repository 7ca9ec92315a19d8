import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/domain/fingerprint.ts';
import type { StateDocument, StateStore } from '../../src/domain/state.ts';
import { importState } from '../../src/state/import-state.ts';
import { openMemoryState } from '../../src/state/memory-store.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { formatStateDocument, parseStateDocument } from '../../src/state/state-document.ts';
import { testEnvironment } from '../support/state-environment.ts';
import { BUILD_7, BUILD_8, NIGHTLY, promptMapping, TRIAGE } from '../support/state-fixture.ts';

const HOURLY = { ...NIGHTLY, planDigest: sha256('hourly plan') };
const TOKEN = `${TRIAGE.address}#token`;

let folder: string;
let path: string;
let environment: ReturnType<typeof testEnvironment>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
  path = join(folder, 'state.db');
  environment = testEnvironment();
});

afterEach(() => rmSync(folder, { recursive: true }));

/** One finished run, one interrupted in the middle of an action, and a secret. */
async function used(store: StateStore): Promise<StateDocument> {
  const lease = await store.acquireLease(BUILD_7, 0);
  const finished = await store.openRun(lease, NIGHTLY);
  await store.completeAction(lease, finished.runId, 'create:prompt.Support-bot.triage', {
    fingerprint: TRIAGE.fingerprint,
    mapping: TRIAGE,
    secretHmacs: new Map([[TOKEN, await store.secretHmac('sk-acme-canary')]]),
  });
  await store.finishRun(lease, finished.runId);
  const interrupted = await store.openRun(lease, HOURLY);
  await store.beginAction(lease, interrupted.runId, 'create:user."ann@dev.example"');
  await lease.release();
  return store.exportDocument();
}

function read(): Promise<StateStore> {
  return openSqliteState({ path, mode: 'read', mustExist: true, ...environment });
}

const importing = (document: StateDocument, force = false) =>
  importState(document, path, { force, holder: BUILD_8, ...environment });

describe('an exported state', () => {
  test('makes an equal one elsewhere: mappings, runs, open journals and secrets', async () => {
    const document = await used(openMemoryState(environment));
    await importing(parseStateDocument(formatStateDocument(document)));
    const store = await read();
    expect(await store.exportDocument()).toEqual(document);
    const { secretHmacs } = await store.snapshot();
    expect(secretHmacs.get(TOKEN)).toBe(await store.secretHmac('sk-acme-canary'));
    expect((await store.findRun(NIGHTLY.planDigest))?.status).toBe('finished');
    const interrupted = await store.findRun(HOURLY.planDigest);
    expect(interrupted?.journal.get('create:user."ann@dev.example"')?.phase).toBe('begun');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['state.db']);
  });

  test('is the same text for the same state, and holds neither a secret nor an e-mail address', async () => {
    const store = openMemoryState(environment);
    const text = formatStateDocument(await used(store));
    expect(formatStateDocument(await store.exportDocument())).toBe(text);
    expect(text).not.toContain('sk-acme-canary');
    expect(text).not.toContain('@');
    expect(text.endsWith('}\n')).toBe(true);
  });

  test.each([
    ['a text', (text: string) => text.slice(0, -20), /not JSON/],
    ['an edited id', (text: string) => text.replace('destination-triage', 'destination-refund'), /digest/],
    ['another document', () => '{"format_version": 3}', /not the output/],
    ['a later format', (text: string) => text.replace('"format_version": "1.4"', '"format_version": "2.0"'), /2\.0/],
    ['a missing part', (text: string) => text.replace('"serial": 1', '"series": 1'), /serial/],
  ] as const)('is refused when it is %s', async (_name, spoil, reason) => {
    const text = formatStateDocument(await used(openMemoryState(environment)));
    expect(() => parseStateDocument(spoil(text))).toThrow(reason);
    expect(() => parseStateDocument(spoil(text))).toThrow(expect.objectContaining({ code: 'BTM_STATE_UNREADABLE' }));
  });
});

describe('importing over a state that is there', () => {
  async function present(): Promise<StateDocument> {
    const document = await used(openMemoryState(environment));
    await importing(document);
    return document;
  }

  /** The state that is there, one change later. */
  async function later(): Promise<StateDocument> {
    const store = await openSqliteState({ path, mode: 'write', mustExist: true, ...environment });
    const lease = await store.acquireLease(BUILD_7, 0);
    await store.putMapping(lease, promptMapping('refund'));
    await store.close();
    return (await read()).exportDocument();
  }

  test('the same state at a later serial replaces it', async () => {
    const before = await present();
    const after = await later();
    rmSync(path);
    await importing(before);
    await importing(after);
    expect(await (await read()).exportDocument()).toEqual(after);
  });

  test('a lower serial is refused, unless forced', async () => {
    const before = await present();
    const after = await later();
    await expect(importing(before)).rejects.toMatchObject({ code: 'BTM_FAILED', detail: /is newer \(serial 2/ });
    expect(await (await read()).exportDocument()).toEqual(after);
    await importing(before, true);
    expect(await (await read()).exportDocument()).toEqual(before);
  });

  test('another lineage is refused, unless forced', async () => {
    await present();
    const other = await used(openMemoryState(environment));
    await expect(importing(other)).rejects.toMatchObject({ code: 'BTM_FAILED', detail: /another state/ });
    await importing(other, true);
    expect(await (await read()).exportDocument()).toEqual(other);
  });

  test('a run that the document does not know is not lost', async () => {
    const before = await present();
    const store = await openSqliteState({ path, mode: 'write', mustExist: true, ...environment });
    const lease = await store.acquireLease(BUILD_7, 0);
    await store.openRun(lease, { ...NIGHTLY, planDigest: sha256('newer plan') });
    await store.close();
    await expect(importing(before)).rejects.toMatchObject({ code: 'BTM_FAILED', detail: /knows run/ });
  });

  test('a state that nothing was applied with is replaced by any', async () => {
    const empty = await openSqliteState({ path, mode: 'write', mustExist: false, ...environment });
    await empty.close();
    const document = await used(openMemoryState(environment));
    await importing(document);
    expect(await (await read()).exportDocument()).toEqual(document);
  });

  test('a state in use is left alone, even when forced', async () => {
    const document = await present();
    const store = await openSqliteState({ path, mode: 'write', mustExist: true, ...environment });
    await store.acquireLease({ ...BUILD_7, host: 'build-9' }, 0);
    await expect(importing(document, true)).rejects.toMatchObject({ code: 'BTM_STATE_LOCKED', detail: /build-9/ });
    await store.close();
  });

  test('a damaged state is kept beside its replacement, and replaced only when forced', async () => {
    const document = await used(openMemoryState(environment));
    writeFileSync(path, 'torn');
    writeFileSync(`${path}-wal`, 'its log');
    await expect(importing(document)).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE' });
    await importing(document, true);
    expect(await (await read()).exportDocument()).toEqual(document);
    const kept = readdirSync(folder).filter((name) => name.includes('.damaged-'));
    expect(kept.map((name) => readFileSync(join(folder, name), 'utf8')).sort()).toEqual(['its log', 'torn']);
  });
});
