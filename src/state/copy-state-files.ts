import { existsSync, readFileSync, statSync } from 'node:fs';
import type { StateEnvironment } from './environment.ts';
import { unreadable } from './state-error.ts';

const COPY_ATTEMPTS = 50;
const WAL_HEADER_BYTES = 32;

export interface StateFiles {
  readonly main: Buffer;
  readonly wal: Buffer | undefined;
  readonly journal: Buffer | undefined;
}

/**
 * Copies the file and then its write-ahead log. While the log is not restarted, which its header tells, everything
 * that a checkpoint may have moved into the file during the copy is in the log too, so that the two belong together.
 * Without a log the file must not have changed meanwhile.
 * @throws BTM_STATE_UNREADABLE when it never holds still.
 */
export async function copyStateFiles(
  path: string,
  environment: StateEnvironment,
  read: (path: string) => Buffer = readFileSync,
): Promise<StateFiles> {
  for (let attempt = 1; attempt <= COPY_ATTEMPTS; attempt += 1) {
    const before = stamp(path);
    const main = read(path);
    const files = { main, wal: contentOf(`${path}-wal`, read), journal: contentOf(`${path}-journal`, read) };
    if (stamp(path) === before) return files;
    await environment.sleep(20);
  }
  throw unreadable(path, 'It changes too fast to be copied.', 'Run the same command again in a moment.');
}

function stamp(path: string): string {
  const main = statSync(path, { bigint: true });
  const header = contentOf(`${path}-wal`, readFileSync)?.subarray(0, WAL_HEADER_BYTES);
  const journal = existsSync(`${path}-journal`);
  const content = header === undefined ? `${main.size} ${main.mtimeNs}` : header.toString('hex');
  return `${main.dev} ${main.ino} ${journal} ${content}`;
}

/** Undefined for a file that is missing or empty. */
function contentOf(path: string, read: (path: string) => Buffer): Buffer | undefined {
  try {
    const bytes = read(path);
    return bytes.length === 0 ? undefined : bytes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
