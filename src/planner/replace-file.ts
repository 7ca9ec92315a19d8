import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Replaces a file in one step, mode 0600: whoever reads it sees the old content or the whole new one, also after a full
 * disk or a power cut. A link is followed. What is no file (a pipe, a terminal, /dev/null) is written to as it is.
 * @throws what the file system reports; then nothing is left beside the file, and it is as it was.
 */
export async function replaceFile(path: string, content: string | Buffer): Promise<void> {
  const { target, inPlace } = await targetOf(path);
  if (inPlace) {
    await writeWhole(target, 'w', content);
    return;
  }
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    await writeWhole(temporary, 'wx', content);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(target));
}

/** Where to write. A rename would put a file in the place of a device, and leave a redirected output behind. */
async function targetOf(path: string): Promise<{ readonly target: string; readonly inPlace: boolean }> {
  try {
    const found = await stat(path);
    if (!found.isFile() && !found.isDirectory()) return { target: path, inPlace: true };
    if (/^\/(dev|proc)\//.test(path)) return { target: path, inPlace: true };
    return { target: await realpath(path), inPlace: false };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { target: path, inPlace: false };
    throw error;
  }
}

async function writeWhole(path: string, flags: 'w' | 'wx', content: string | Buffer): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(content);
    if (flags === 'wx') await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the rename itself durable. Some file systems cannot sync a folder; the file's own bytes are safe by then. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (!['EINVAL', 'EPERM', 'EISDIR', 'EACCES', 'ENOTSUP'].includes(codeOf(cause))) throw cause;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
