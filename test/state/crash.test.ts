import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkState } from '../../src/state/check-state.ts';
import { describeHolder } from '../../src/state/describe-holder.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { spawnStateChild } from '../support/spawn-state-child.ts';
import { NIGHTLY } from '../support/state-fixture.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
  path = join(folder, 'state.db');
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a process killed again and again in the middle of its writes loses no acknowledged completion', async () => {
  const acknowledged: string[] = [];
  for (const lines of [1, 40, 700]) {
    const child = spawnStateChild('burst', path);
    await child.line(lines);
    child.process.kill('SIGKILL');
    acknowledged.push(...(await child.end()));
    const known = new Set(await recorded('read'));
    expect(acknowledged.filter((slug) => !known.has(`prompt.Support-bot.${slug}`))).toEqual([]);
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(741);
  const written = new Set(await recorded('write'));
  expect(acknowledged.filter((slug) => !written.has(`prompt.Support-bot.${slug}`))).toEqual([]);
  expect(readdirSync(folder)).toEqual(['state.db']);
  const { problems } = await checkState(path);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
});

test('what a killed process left is read without touching it', async () => {
  const child = spawnStateChild('burst', path);
  await child.line(25);
  child.process.kill('SIGKILL');
  const acknowledged = await child.end();
  const before = footprint();
  expect(before.map(([name]) => name)).toContain('state.db-wal');

  const store = await openSqliteState({ path, mode: 'read', mustExist: true });
  const run = await store.findRun(NIGHTLY.planDigest);
  const done = [...(run?.journal.values() ?? [])].filter(({ phase }) => phase === 'done');
  expect(done.length).toBeGreaterThanOrEqual(acknowledged.length);
  await store.close();
  expect(footprint()).toEqual(before);
});

test('the lock of a killed process is taken over without unlocking', async () => {
  const child = spawnStateChild('burst', path);
  await child.line(1);
  child.process.kill('SIGKILL');
  await child.end();
  const store = await openSqliteState({ path, mode: 'write', mustExist: true });
  const lease = await store.acquireLease(describeHolder(null), 0);
  expect(lease.token).toBe(2);
  await store.close();
});

test('a held lock does not keep its process from ending', async () => {
  expect(await spawnStateChild('hold', path).end()).toEqual(['held']);
});

test('of several processes that start on a missing file at once exactly one gets the lock', async () => {
  const children = Array.from({ length: 4 }, () => spawnStateChild('race', path));
  await Promise.all(children.map((child) => child.line(1)));
  for (const child of children) child.process.stdin.write('go\n');
  const outcomes = await Promise.all(children.map((child) => child.line(2)));
  for (const child of children) child.process.stdin.end();
  await Promise.all(children.map((child) => child.end()));

  expect(outcomes.filter((line) => line.startsWith('won'))).toHaveLength(1);
  expect(outcomes.filter((line) => line.startsWith('error BTM_STATE_LOCKED'))).toHaveLength(3);
  const store = await openSqliteState({ path, mode: 'read', mustExist: true });
  expect(outcomes).toContain(`won ${(await store.snapshot()).lineage}`);
  expect(readdirSync(folder)).toEqual(['state.db']);
});

test('reading beside a busy writer always sees a consistent state', async () => {
  const child = spawnStateChild('burst', path);
  await child.line(1);
  let reads = 0;
  for (let seen = 0; seen < 1_500; reads += 1) {
    const acknowledged = child.lines.length;
    const store = await openSqliteState({ path, mode: 'read', mustExist: true });
    const { mappings, serial } = await store.snapshot();
    expect(mappings.length).toBe(serial);
    expect(mappings.length).toBeGreaterThanOrEqual(acknowledged);
    expect((await checkState(path)).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    seen = mappings.length;
  }
  expect(reads).toBeGreaterThan(3);
  child.process.kill('SIGKILL');
  await child.end();
});

async function recorded(mode: 'read' | 'write'): Promise<string[]> {
  const store = await openSqliteState({ path, mode, mustExist: true });
  try {
    return (await store.snapshot()).mappings.map(({ address }) => address);
  } finally {
    await store.close();
  }
}

/** Every file of the folder with its size and times: equal when nobody wrote. */
function footprint(): [string, bigint, bigint, bigint][] {
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const { size, mtimeNs, ino } = statSync(join(folder, name), { bigint: true });
      return [name, size, mtimeNs, ino];
    });
}
