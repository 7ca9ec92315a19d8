import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { parseCommandLine } from '../../src/cli/register-commands.ts';
import { TOOL_VERSION } from '../../src/domain/tool-version.ts';
import { requireFreshBuild } from '../support/fresh-build.ts';

requireFreshBuild();

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bt-migrate-start-'));
  mkdirSync(join(folder, 'dist'));
  cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true });
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  copyFileSync(join(ROOT, 'dist/cli.cjs'), join(folder, 'dist/cli.cjs'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Whether the copy in `folder` starts from what was compiled before, and what it says its version is. */
function start(...flags: string[]): { readonly usedCache: boolean; readonly version: string } {
  const script = "const { usedCache } = (await import('./bin/load-cli.js')).loadCli(); console.log(usedCache);";
  const run = (...argv: string[]) =>
    execFileSync(process.execPath, [...flags, ...argv], { cwd: folder, encoding: 'utf8', env: {} }).trim();
  return {
    usedCache: JSON.parse(run('--input-type=module', '-e', script)) as boolean,
    version: run('bin/bt-migrate.js', '--version'),
  };
}

const VERSION = `bt-migrate ${TOOL_VERSION}`;

test('A command starts from what was compiled when it was built', () => {
  copyFileSync(join(ROOT, 'dist/cli.cache'), join(folder, 'dist/cli.cache'));
  expect(start()).toEqual({ usedCache: true, version: VERSION });
});

test('A command starts all the same when nothing is compiled, when it was for another V8, and when the file is damaged', () => {
  expect(existsSync(join(folder, 'dist/cli.cache'))).toBe(false);
  expect(start()).toEqual({ usedCache: false, version: VERSION });
  copyFileSync(join(ROOT, 'dist/cli.cache'), join(folder, 'dist/cli.cache'));
  expect(start('--stack-size=900')).toEqual({ usedCache: false, version: VERSION });
  writeFileSync(join(folder, 'dist/cli.cache'), 'damaged');
  expect(start()).toEqual({ usedCache: false, version: VERSION });
});

test('A command never runs what was compiled of another build, however much alike the two are', () => {
  copyFileSync(join(ROOT, 'dist/cli.cache'), join(folder, 'dist/cli.cache'));
  const other = '9'.repeat(TOOL_VERSION.length);
  const bundle = readFileSync(join(folder, 'dist/cli.cjs'), 'latin1');
  writeFileSync(join(folder, 'dist/cli.cjs'), bundle.replaceAll(`"${TOOL_VERSION}"`, `"${other}"`), 'latin1');
  expect(start()).toEqual({ usedCache: false, version: `bt-migrate ${other}` });
});

test('Help holds only letters as wide as one column, because the built command counts letters', () => {
  const texts = commands.map(({ name }) => {
    const asked = parseCommandLine([...name.split(' '), '--help'], commands, 100);
    return asked.asks === 'help' ? asked.text : '';
  });
  expect(texts.every((text) => text.length > 100)).toBe(true);
  expect(texts.join('').match(/[^\n\x20-\x7e…]/gu) ?? []).toEqual([]);
});
