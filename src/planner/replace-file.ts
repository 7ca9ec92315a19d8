import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Replaces a file in one step, mode 0600: whoever reads it sees the old content or the whole new one, also after a full
 * disk or a power cut. What is no file (a pipe, a terminal, /dev/null) is written to as it is.
 * @throws what the file system reports; then nothing is left beside the file, and it is as it was.
 */
export async function replaceFile(path: string, content: string | Buffer): Promise<void> {
  if (await isDevice(path)) {
    await writeWhole(path, 'w', content);
    return;
  }
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await writeWhole(temporary, 'wx', content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** True for what is there and is neither a file nor a folder. A rename would put a file in its place. */
async function isDevice(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    return !found.isFile() && !found.isDirectory();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
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
