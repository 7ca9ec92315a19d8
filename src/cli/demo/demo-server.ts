import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BtMigrateError } from '../../domain/errors.ts';
import { type Installation, readOutput } from './run-binary.ts';

/** What the emulator announces when it is ready (contract section 2, `emulator --json`). */
interface Announcement {
  readonly url: string;
  readonly orgs: readonly { readonly name: string; readonly key: string }[];
}

/** The embedded server of a demo, in a process of its own. */
export interface DemoServer extends Announcement {
  /** The line it printed. */
  readonly line: string;
  /** Stops it; its data stays in its file. Safe to call twice. */
  stop(): Promise<void>;
}

export const SERVER_ARGV = ['emulator', '--seed', 'demo', '--data', 'emulator.db', '--json'] as const;
const PATIENCE_MS = 10_000;

/**
 * Starts the built binary's emulator and waits until it is ready.
 * @throws BTM_FAILED with what it said when it ends instead.
 */
export async function startDemoServer(installation: Installation): Promise<DemoServer> {
  const { binary, cwd, env } = installation;
  const child = spawn(process.execPath, [binary, ...SERVER_ARGV], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  // Nothing of the demo may outlive it, not even when a second Ctrl-C ends it at once.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    await end(child);
    process.off('exit', kill);
  };
  const complaints = readOutput(child.stderr);
  const gone = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`It ended with ${code}. ${complaints()}`.trim())));
  });
  try {
    const line = await Promise.race([firstLine(child), gone]);
    gone.catch(() => undefined);
    return { ...(JSON.parse(line) as Announcement), line, stop };
  } catch (cause) {
    await stop();
    throw new BtMigrateError('BTM_FAILED', {
      detail: `The embedded server did not start: ${(cause as Error).message}`,
      cause,
    });
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    if (child.stdout !== null) createInterface(child.stdout).once('line', resolve);
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await closed;
  clearTimeout(impatience);
}
