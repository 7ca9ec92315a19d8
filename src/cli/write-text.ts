import type { OutputStream } from './cli-io.ts';

/** Writes all of the text before it resolves. A reader that went away (`| head`) is no error: there is nobody to tell. */
export function writeText(stream: OutputStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error === null || error === undefined || isGone(error)) resolve();
      else reject(error);
    });
  });
}

/** Keeps a broken pipe from ending the process; returns how to stop. */
export function toleratePipe(stream: OutputStream): () => void {
  const listener = (error: Error): void => {
    if (!isGone(error)) throw error;
  };
  stream.on('error', listener);
  return () => stream.off('error', listener);
}

function isGone(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}
