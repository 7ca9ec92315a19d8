import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { requireFreshBuild } from './fresh-build.ts';

requireFreshBuild();

const BINARY = fileURLToPath(new URL('../../bin/bt-migrate.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built binary, running. */
export interface RunningCli {
  readonly process: ChildProcessWithoutNullStreams;
  /** Resolves when it has ended and all its output has arrived. */
  readonly finished: Promise<Finished>;
  /** Resolves with its first whole line on stdout. */
  readonly firstLine: Promise<string>;
  /** Resolves once stderr holds this text. */
  complains(text: string): Promise<void>;
}

/** Starts the built binary with nothing in its environment but what is given. */
export function spawnCli(
  argv: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): RunningCli {
  const child = spawn(process.execPath, [BINARY, ...argv], { cwd, env: { ...env, PATH: process.env.PATH ?? '' } });
  child.stdin.end();
  let stdout = '';
  let stderr = '';
  const waiting = new Map<string, () => void>();
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    for (const [text, resolve] of waiting) if (stderr.includes(text)) resolve();
  });
  const complains = (text: string): Promise<void> =>
    new Promise((resolve) => {
      if (stderr.includes(text)) resolve();
      else waiting.set(text, resolve);
    });
  const firstLine = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      const end = stdout.indexOf('\n');
      if (end >= 0) resolve(stdout.slice(0, end));
    });
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { process: child, finished, firstLine, complains };
}
