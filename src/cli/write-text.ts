import { BtMigrateError } from '../domain/errors.ts';
import type { OutputStream } from './cli-io.ts';

/**
 * Writes all of the text before it resolves. A reader that went away (`| head`) is no error: there is nobody to tell.
 * @throws BTM_FAILED when it cannot be written, for example on a full disk.
 */
export function writeText(stream: OutputStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error === null || error === undefined || isGone(error)) resolve();
      else reject(unwritable(error));
    });
  });
}

/** Keeps a stream that fails from ending the process: `writeText` tells; returns how to stop. */
export function tolerateFailures(stream: OutputStream): () => void {
  const listener = (): void => {};
  stream.on('error', listener);
  return () => stream.off('error', listener);
}

function unwritable(cause: Error): BtMigrateError {
  return new BtMigrateError('BTM_FAILED', {
    detail: `The output cannot be written: ${cause.message}. What the command did before is done.`,
    hint: 'Free some space, or send the output elsewhere, and run the same command again.',
    cause,
  });
}

function isGone(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}
