import { createServer } from 'node:net';
import type { FaultRule, FaultState } from '../../emulator/faults/fault-rule.ts';
import { EmulatorClient } from '../support/emulator-client.ts';
import { type RunningCli, spawnCli } from '../support/spawn-cli.ts';

const TOKEN = 'control-token';
const KEYS = ['sk-acme-dev', 'sk-acme-prod'] as const;
/** An organization that nobody migrates: what is written there tells when something happened. */
const CLOCK_KEY = 'sk-acme-clock';
const ORGS = [`Acme Dev=${KEYS[0]}`, `Acme Prod=${KEYS[1]}`, `Acme Clock=${CLOCK_KEY}`];

/** An emulator in a process of its own, with a data file: it can be killed at any moment and comes back at its address. */
export class ChaosServer {
  readonly url: string;
  readonly source: EmulatorClient;
  readonly destination: EmulatorClient;
  readonly keys = KEYS;
  readonly #clock: EmulatorClient;
  readonly #argv: readonly string[];
  #process: RunningCli;

  private constructor(argv: readonly string[], running: RunningCli, url: string) {
    this.#argv = argv;
    this.#process = running;
    this.url = url;
    this.source = new EmulatorClient(url, KEYS[0]);
    this.destination = new EmulatorClient(url, KEYS[1]);
    this.#clock = new EmulatorClient(url, CLOCK_KEY);
  }

  static async start(dataFile: string): Promise<ChaosServer> {
    const port = await freePort();
    const orgs = ORGS.flatMap((org) => ['--org', org]);
    const argv = ['emulator', '--json', '--port', String(port), '--data', dataFile, '--control', TOKEN, ...orgs];
    const running = spawnCli(argv, { cwd: process.cwd() });
    const { url } = JSON.parse(await running.firstLine) as { url: string };
    return new ChaosServer(argv, running, url);
  }

  /** Ends it without a warning and starts it again on its data. */
  async killAndRestart(): Promise<void> {
    this.#process.process.kill('SIGKILL');
    await this.#process.finished;
    this.#process = spawnCli(this.#argv, { cwd: process.cwd() });
    await this.#process.firstLine;
  }

  /** Adds rules and returns their ids. */
  async fault(rules: readonly FaultRule[]): Promise<readonly string[]> {
    return ((await this.#control('POST', 'faults', rules)) as { ids: string[] }).ids;
  }

  /** Takes all rules away and says how often those of this server's life had fired, but for one. */
  async clearFaults(uncounted: string | undefined): Promise<number> {
    const counted = (await this.#faults()).filter(({ id }) => id !== uncounted);
    const hits = counted.reduce((sum, fault) => sum + fault.hits, 0);
    await this.#control('DELETE', 'faults');
    return hits;
  }

  /** Resolves with true once a request is held by the rule, with false when this ends before. */
  async heldUnless(id: string, ended: Promise<unknown>): Promise<boolean> {
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    while (!isOver) if (((await this.#faults()).find((fault) => fault.id === id)?.holding ?? 0) > 0) return true;
    return false;
  }

  /** Lets what the rule holds have its effect, whoever asked for it having gone, and waits for it. */
  async release(id: string): Promise<void> {
    const hits = (await this.#faults()).find((fault) => fault.id === id)?.hits ?? 0;
    await this.#control('POST', 'faults/release', { id });
    for (let ended = 0; ended < hits; ) {
      const { requests } = (await this.#control('GET', 'requests')) as { requests: { fault: string | null }[] };
      ended = requests.filter(({ fault }) => fault === id).length;
    }
  }

  async clearRequests(): Promise<void> {
    await this.#control('DELETE', 'requests');
  }

  /** A transaction: whatever was written before has a lower one, whatever is written later a higher one. */
  async now(): Promise<bigint> {
    const { id } = await this.#clock.object('POST', '/v1/project', { name: 'Now' });
    const rows = [{ id: 'now', project_id: id, log_id: 'g' }];
    const { xact_id } = await this.#clock.object('POST', '/logs3', { rows, api_version: 2 });
    return BigInt(String(xact_id));
  }

  async dump(): Promise<{ readonly rows: readonly DumpedRows[] }> {
    return (await this.#control('GET', 'dump')) as { rows: DumpedRows[] };
  }

  /** Ends it as a person would, so that its data file is one file again. */
  async stop(): Promise<void> {
    this.#process.process.kill('SIGTERM');
    await this.#process.finished;
  }

  async #faults(): Promise<readonly FaultState[]> {
    return ((await this.#control('GET', 'faults')) as { faults: FaultState[] }).faults;
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
  readonly rows: readonly { readonly _xact_id?: string; readonly json?: string }[];
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
