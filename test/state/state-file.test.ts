import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EMPTY_STATE, type StateStore } from '../../src/domain/state.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { spawnStateChild } from '../support/spawn-state-child.ts';
import { testEnvironment } from '../support/state-environment.ts';
import { BUILD_7, NIGHTLY, promptMapping, TRIAGE } from '../support/state-fixture.ts';

let folder: string;
let path: string;
const opened: StateStore[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
  path = join(folder, 'state.db');
});

afterEach(async () => {
  await Promise.allSettled(opened.splice(0).map((store) => store.close()));
  rmSync(folder, { recursive: true });
});

async function open(mode: 'read' | 'write', mustExist = false): Promise<StateStore> {
  const store = await openSqliteState({ path, mode, mustExist, ...testEnvironment() });
  opened.push(store);
  return store;
}

async function seed(): Promise<void> {
  const store = await open('write');
  const lease = await store.acquireLease(BUILD_7, 0);
  const { runId } = await store.openRun(lease, NIGHTLY);
  await store.completeAction(lease, runId, 'create:triage', { fingerprint: null, mapping: TRIAGE });
  await store.close();
}

test('the file and what SQLite puts beside it belong to the user alone, whatever the umask', async () => {
  const umask = process.umask(0);
  try {
    const store = await open('write');
    await store.acquireLease(BUILD_7, 0);
    const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777]);
    expect(modes).toEqual([
      ['state.db', 0o600],
      ['state.db-shm', 0o600],
      ['state.db-wal', 0o600],
    ]);
  } finally {
    process.umask(umask);
  }
});

test('a file that others may read is made private before it is written', async () => {
  await seed();
  chmodSync(path, 0o644);
  await open('write');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('closing leaves one plain file, and frees the lock that was still held', async () => {
  const store = await open('write');
  await store.acquireLease(BUILD_7, 0);
  await store.close();
  expect(readdirSync(folder)).toEqual(['state.db']);
  const db = new Database(path, { readonly: true });
  expect(db.pragma('journal_mode', { simple: true })).toBe('delete');
  db.close();
  const again = await open('write');
  expect((await again.acquireLease(BUILD_7, 0)).token).toBe(3);
});

test('the last of two processes to close leaves the plain file', async () => {
  const first = await open('write');
  const second = await open('write');
  await first.close();
  expect(existsSync(`${path}-wal`)).toBe(true);
  await second.close();
  expect(readdirSync(folder)).toEqual(['state.db']);
});

test('reading a missing file is an empty state and creates nothing', async () => {
  const store = await open('read');
  expect(await store.snapshot()).toEqual(EMPTY_STATE);
  expect(await store.findRun(NIGHTLY.planDigest)).toBeUndefined();
  expect(await store.secretHmac('sk-acme-canary')).toMatch(/^[0-9a-f]{64}$/);
  await expect(store.exportDocument()).rejects.toMatchObject({ code: 'BTM_STATE_MISSING' });
  expect(readdirSync(folder)).toEqual([]);
});

test.each(['read', 'write'] as const)('a missing file that must exist is an error in %s mode', async (mode) => {
  await expect(open(mode, true)).rejects.toMatchObject({
    code: 'BTM_STATE_MISSING',
    detail: expect.stringContaining(path) as string,
  });
  expect(readdirSync(folder)).toEqual([]);
});

test('the file is read from a folder that cannot be written, by a user who may only read', async () => {
  await seed();
  const root = process.getuid?.() === 0;
  const nobody = 65_534;
  if (root) chownSync(path, nobody, nobody);
  chmodSync(path, 0o400);
  chmodSync(folder, 0o555);
  try {
    const child = spawnStateChild('read', path, root ? nobody : undefined);
    expect(await child.end()).toEqual(['read 1']);
  } finally {
    chmodSync(folder, 0o700);
  }
});

test('writing a file that may only be read says so', async () => {
  await seed();
  const root = process.getuid?.() === 0;
  const nobody = 65_534;
  if (root) chownSync(path, nobody, nobody);
  chmodSync(path, 0o400);
  chmodSync(folder, 0o555);
  try {
    const [line] = await spawnStateChild('burst', path, root ? nobody : undefined).end();
    expect(line).toMatch(/^error BTM_STATE_UNREADABLE .*state\.db: .*may not be written or read/);
  } finally {
    chmodSync(folder, 0o700);
  }
});

test('a folder that may not be entered is an error, not an empty state', async () => {
  const closed = join(folder, 'closed');
  mkdirSync(closed, { mode: 0o000 });
  const uid = process.getuid?.() === 0 ? 65_534 : undefined;
  chmodSync(folder, 0o755);
  const [line] = await spawnStateChild('read', join(closed, 'state.db'), uid).end();
  chmodSync(closed, 0o700);
  expect(line).toMatch(/^error BTM_STATE_UNREADABLE /);
});

test('a folder in place of the file, and a missing folder, are named', async () => {
  mkdirSync(path);
  await expect(open('read')).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE', detail: /It is a folder/ });
  await expect(open('write')).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE', detail: /It is a folder/ });
  path = join(folder, 'nowhere', 'state.db');
  await expect(open('write')).rejects.toMatchObject({
    code: 'BTM_STATE_UNREADABLE',
    detail: expect.stringContaining('folder does not exist') as string,
  });
});

test.each(['read', 'write'] as const)('a link to a file that is gone is an error in %s mode', async (mode) => {
  symlinkSync(join(folder, 'unmounted.db'), path);
  await expect(open(mode)).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE' });
});

test.each(['read', 'write'] as const)(
  'a log without its file is an error in %s mode: a new file would swallow it',
  async (mode) => {
    writeFileSync(`${path}-wal`, 'committed work');
    await expect(open(mode)).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE', detail: /state\.db-wal/ });
    expect(readdirSync(folder)).toEqual(['state.db-wal']);
  },
);

test('a file deleted during a run is noticed before the next write', async () => {
  const store = await open('write');
  const lease = await store.acquireLease(BUILD_7, 0);
  rmSync(path);
  await expect(store.putMapping(lease, TRIAGE)).rejects.toMatchObject({
    code: 'BTM_STATE_UNREADABLE',
    detail: expect.stringContaining('was deleted while it was in use') as string,
  });
  await expect(lease.release()).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE' });
  expect(existsSync(path)).toBe(false);
});

test('a file replaced during a run is noticed, and its replacement is left alone', async () => {
  const store = await open('write');
  const lease = await store.acquireLease(BUILD_7, 0);
  copyFileSync(path, join(folder, 'older.db'));
  renameSync(join(folder, 'older.db'), path);
  const before = statSync(path).mtimeMs;
  await expect(store.putMapping(lease, TRIAGE)).rejects.toMatchObject({
    code: 'BTM_STATE_UNREADABLE',
    detail: expect.stringContaining('was replaced while it was in use') as string,
  });
  await expect(store.close()).rejects.toMatchObject({ code: 'BTM_STATE_UNREADABLE' });
  expect(statSync(path).mtimeMs).toBe(before);
});

test('a log deleted during a run is noticed before anything is written into the void', async () => {
  const store = await open('write');
  const lease = await store.acquireLease(BUILD_7, 0);
  rmSync(`${path}-wal`);
  await expect(store.putMapping(lease, TRIAGE)).rejects.toMatchObject({
    code: 'BTM_STATE_UNREADABLE',
    detail: expect.stringContaining('state.db-wal was deleted') as string,
  });
});

test('a lock taken over by another process is noticed at the next write', async () => {
  const environment = testEnvironment();
  const first = await openSqliteState({ path, mode: 'write', mustExist: false, ...environment });
  const second = await openSqliteState({ path, mode: 'write', mustExist: false, ...environment });
  opened.push(first, second);
  const lost = await first.acquireLease(BUILD_7, 0);
  environment.advance(121_000);
  const lease = await second.acquireLease({ ...BUILD_7, host: 'build-9' }, 0);
  await expect(first.putMapping(lost, TRIAGE)).rejects.toMatchObject({ code: 'BTM_LEASE_LOST', detail: /build-9/ });
  await second.putMapping(lease, promptMapping('refund'));
  expect((await first.snapshot()).mappings).toEqual([promptMapping('refund')]);
});
