import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** The built binary, and where and how a demo runs it. */
export interface Installation {
  /** Path of bin/bt-migrate.js. */
  readonly binary: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface BinaryRun {
  readonly exitCode: number;
  /** stdout and stderr, in the order in which they came. */
  readonly output: string;
  readonly durationMs: number;
}

/** Runs one command to its end; an aborted signal is passed on to it, and it still ends by itself. */
export async function runBinary(
  { binary, cwd, env }: Installation,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<BinaryRun> {
  const started = performance.now();
  const child = spawn(process.execPath, [binary, ...argv], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const output = readOutput(child.stdout, child.stderr);
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      // Killed by a signal it has no code; 1 is then as unexpected as it should be.
      child.once('close', (code) => resolve(code ?? 1));
    });
    return { exitCode, output: output(), durationMs: performance.now() - started };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Collects what streams bring; returns how to get at it. */
export function readOutput(...streams: readonly Readable[]): () => string {
  const parts: string[] = [];
  for (const stream of streams) stream.setEncoding('utf8').on('data', (text: string) => parts.push(text));
  return () => parts.join('');
}
