import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkState } from '../../src/state/check-state.ts';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { spawnStateChild } from '../support/spawn-state-child.ts';

const folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
const disk = join(folder, 'disk');
mkdirSync(disk);
const system = (command: string, ...args: string[]) => spawnSync(command, args).status;
// Only a privileged user of a machine that allows it can make a disk that is really full.
const mounted = system('mount', '-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', disk) === 0;

afterAll(() => {
  if (mounted) system('umount', disk);
  rmSync(folder, { recursive: true });
});

describe.skipIf(!mounted)('on a disk that runs full', () => {
  const path = join(disk, 'state.db');
  let lines: string[];

  beforeAll(async () => {
    lines = await spawnStateChild('burst', path).end();
  });

  test('the run ends with an error that says so', () => {
    expect(lines.at(-1)).toMatch(/^error BTM_STATE_UNREADABLE .*state\.db: There is no space left/);
    expect(lines.length).toBeGreaterThan(50);
  });

  test('everything acknowledged before is readable at once, and writable after making room', async () => {
    const acknowledged = lines.slice(0, -1).map((slug) => `prompt.Support-bot.${slug}`);
    for (const mode of ['read', 'write'] as const) {
      if (mode === 'write') expect(system('mount', '-o', 'remount,size=10m', disk)).toBe(0);
      const store = await openSqliteState({ path, mode, mustExist: true });
      const known = new Set((await store.snapshot()).mappings.map(({ address }) => address));
      expect(acknowledged.filter((address) => !known.has(address))).toEqual([]);
      await store.close();
    }
    const { problems } = await checkState(path);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('a new state is created whole or not at all', async () => {
    system('dd', 'if=/dev/zero', `of=${join(disk, 'ballast')}`, 'bs=4k');
    const other = join(disk, 'other.db');
    await expect(openSqliteState({ path: other, mode: 'write', mustExist: false })).rejects.toMatchObject({
      code: 'BTM_STATE_UNREADABLE',
      detail: expect.stringContaining('no space left') as string,
    });
    const store = await openSqliteState({ path: other, mode: 'read', mustExist: false });
    expect((await store.snapshot()).lineage).toBeNull();
  });
});
