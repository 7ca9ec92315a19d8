import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { CliIo, StopSignal } from '../../src/cli/cli-io.ts';
import type { Command } from '../../src/cli/define-command.ts';
import { runCli } from '../../src/cli/run-cli.ts';

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Codes with which the process would have ended at once. */
  readonly exits: readonly number[];
}

export interface CliRunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly commands?: readonly Command[];
  /** Makes stderr a terminal of so many columns. */
  readonly terminal?: number;
  readonly now?: () => number;
  /** Makes stdin a terminal at which somebody types this. */
  readonly answer?: string;
  /** What a pipe brings on stdin. */
  readonly input?: string;
}

/** An empty folder to run commands in, as a person would. */
export interface CliFixture {
  readonly folder: string;
  write(name: string, text: string): string;
  run(argv: readonly string[], options?: CliRunOptions): Promise<CliRun>;
  /** Sends a signal to every command that runs now. */
  signal(name: StopSignal): void;
  /** Reports an error that nothing caught. */
  crash(error: unknown): void;
  remove(): void;
}

export function cliFixture(): CliFixture {
  const folder = mkdtempSync(join(tmpdir(), 'bt-migrate-cli-'));
  const listeners = new Set<(name: StopSignal) => void>();
  const crashes = new Set<(error: unknown) => void>();
  return {
    folder,
    write: (name, text) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
    run: async (argv, options = {}) => {
      const [stdout, stderr] = [new Captured(), new Captured()];
      const exits: number[] = [];
      const stdin = Object.assign(new PassThrough(), { isTTY: options.answer !== undefined });
      stdin.end(options.answer ?? options.input ?? '');
      const io: CliIo = {
        stdin,
        stdout,
        stderr:
          options.terminal === undefined ? stderr : Object.assign(stderr, { isTTY: true, columns: options.terminal }),
        env: options.env ?? {},
        cwd: folder,
        now: options.now ?? Date.now,
        onSignal: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        onCrash: (listener) => {
          crashes.add(listener);
          return () => crashes.delete(listener);
        },
        exit: (code) => exits.push(code),
      };
      const code = await runCli(argv, io, options.commands);
      return { code, stdout: stdout.text, stderr: stderr.text, exits };
    },
    signal: (name) => {
      for (const listener of [...listeners]) listener(name);
    },
    crash: (error) => {
      for (const listener of [...crashes]) listener(error);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

class Captured extends PassThrough {
  text = '';

  constructor() {
    super();
    this.setEncoding('utf8');
    this.on('data', (chunk: string) => {
      this.text += chunk;
    });
  }
}
