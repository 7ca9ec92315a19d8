import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Puts a whole database file in place at once, mode 0600 from its first byte: the name never stands for a part of it,
 * also after a power cut, so that an empty or short file is always damage and never an interrupted creation.
 * `existing: 'keep'` throws EEXIST when the name is taken; of several processes exactly one succeeds.
 */
export function writeStateFile(path: string, bytes: Buffer, existing: 'keep' | 'replace', unique: string): void {
  const folder = dirname(path);
  const draft = join(folder, `.${basename(path)}.${unique}`);
  const file = openSync(draft, 'wx', 0o600);
  try {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (existing === 'keep') linkSync(draft, path);
    else renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
