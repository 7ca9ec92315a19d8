import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeStateFile } from './write-state-file.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
  path = join(folder, 'state.db');
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a new file is whole, private and alone', () => {
  writeStateFile(path, Buffer.from('state'), 'keep', 'draft');
  expect(readFileSync(path, 'utf8')).toBe('state');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['state.db']);
});

test('a file that another process created meanwhile is kept', () => {
  writeFileSync(path, 'theirs');
  expect(() => writeStateFile(path, Buffer.from('ours'), 'keep', 'draft')).toThrow(/EEXIST/);
  expect(readFileSync(path, 'utf8')).toBe('theirs');
  expect(readdirSync(folder)).toEqual(['state.db']);
});

test('a replaced file becomes private', () => {
  writeFileSync(path, 'old', { mode: 0o644 });
  writeStateFile(path, Buffer.from('new'), 'replace', 'draft');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
