import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EmulatorOptions } from '../../emulator/start-emulator.ts';

/** What a process has used since it started. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** A server in a process of its own, so that it can be killed and its CPU time measured. */
export class ForkedServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** @param script a TypeScript file that sends its URL to its parent and answers the messages `usage` and `close` */
  static async start(script: URL, argument: string): Promise<ForkedServer> {
    const loader = new URL('typescript-loader.mjs', import.meta.url).href;
    const child = fork(fileURLToPath(script), [argument], { execArgv: ['--import', loader] });
    const [url] = (await once(child, 'message')) as [string];
    return new ForkedServer(child, url);
  }

  async usage(): Promise<Usage> {
    this.#child.send('usage');
    const [usage] = (await once(this.#child, 'message')) as [Usage];
    return usage;
  }

  /** SIGKILL: nothing gets a chance to be written. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  async close(): Promise<void> {
    this.#child.send('close');
    await once(this.#child, 'exit');
  }
}

export function forkEmulator(options: EmulatorOptions): Promise<ForkedServer> {
  return ForkedServer.start(new URL('forked-emulator-child.ts', import.meta.url), JSON.stringify(options));
}
