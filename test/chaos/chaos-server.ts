import { createServer } from 'node:net';
import type { FaultRule } from '../../emulator/faults/fault-rule.ts';
import { EmulatorClient } from '../support/emulator-client.ts';
import { type RunningCli, spawnCli } from '../support/spawn-cli.ts';

const TOKEN = 'control-token';

/** An emulator in a process of its own, with a data file: it can be killed at any moment and comes back at its address. */
export class ChaosServer {
  readonly url: string;
  readonly source: EmulatorClient;
  readonly destination: EmulatorClient;
  readonly keys: readonly [source: string, destination: string];
  readonly #argv: readonly string[];
  #process: RunningCli;

  private constructor(argv: readonly string[], running: RunningCli, url: string, keys: readonly [string, string]) {
    this.#argv = argv;
    this.#process = running;
    this.url = url;
    this.keys = keys;
    this.source = new EmulatorClient(url, keys[0]);
    this.destination = new EmulatorClient(url, keys[1]);
  }

  static async start(dataFile: string): Promise<ChaosServer> {
    const port = await freePort();
    const argv = ['emulator', '--json', '--port', String(port), '--data', dataFile, '--control', TOKEN];
    const running = spawnCli(argv, { cwd: process.cwd() });
    const { url, orgs } = JSON.parse(await running.firstLine) as { url: string; orgs: { key: string }[] };
    return new ChaosServer(argv, running, url, [orgs[0]?.key ?? '', orgs[1]?.key ?? '']);
  }

  /** Ends it without a warning and starts it again on its data. */
  async killAndRestart(): Promise<void> {
    this.#process.process.kill('SIGKILL');
    await this.#process.finished;
    this.#process = spawnCli(this.#argv, { cwd: process.cwd() });
    await this.#process.firstLine;
  }

  async fault(rules: readonly FaultRule[]): Promise<void> {
    await this.#control('POST', 'faults', rules);
  }

  async clearFaults(): Promise<void> {
    await this.#control('DELETE', 'faults');
  }

  async dump(): Promise<{ readonly rows: readonly DumpedRows[] }> {
    return (await this.#control('GET', 'dump')) as { rows: DumpedRows[] };
  }

  /** Ends it as a person would, so that its data file is one file again. */
  async stop(): Promise<void> {
    this.#process.process.kill('SIGTERM');
    await this.#process.finished;
  }

  async #control(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.source.call(method, `/__control/${path}`, body, { authorization: `Bearer ${TOKEN}` });
    if (answer.status !== 200) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer.body;
  }
}

/** Every version of every row of a container, in the order of writing. */
export interface DumpedRows {
  readonly container: { readonly type: string; readonly id: string };
  readonly rows: readonly unknown[];
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
