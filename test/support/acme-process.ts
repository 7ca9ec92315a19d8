import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultRule, FaultState } from '../../emulator/faults/fault-rule.ts';
import type { LoggedRequest } from '../../emulator/request-log.ts';
import { type CliFixture, cliFixture } from './cli-fixture.ts';
import { EmulatorClient } from './emulator-client.ts';
import { type Finished, type RunningCli, spawnCli } from './spawn-cli.ts';

const TOKEN = 'control-token';

/** The built binary on both sides: an emulator process that can be told to fail, and a folder to run commands in. */
export class AcmeProcess {
  readonly url: string;
  readonly keys: readonly [source: string, destination: string];
  readonly source: EmulatorClient;
  readonly destination: EmulatorClient;
  readonly #server: RunningCli;
  readonly #folders: CliFixture[] = [];
  #beginning: unknown;

  private constructor(server: RunningCli, url: string, keys: readonly [string, string]) {
    this.#server = server;
    this.url = url;
    this.keys = keys;
    this.source = new EmulatorClient(url, keys[0]);
    this.destination = new EmulatorClient(url, keys[1]);
  }

  /** @param organizations `NAME=KEY` each, source and destination first; the two default ones when there are none */
  static async start(organizations: readonly string[] = []): Promise<AcmeProcess> {
    const flags = organizations.flatMap((organization) => ['--org', organization]);
    const server = spawnCli(['emulator', '--json', '--control', TOKEN, ...flags], { cwd: process.cwd() });
    const { url, orgs } = JSON.parse(await server.firstLine) as { url: string; orgs: { key: string }[] };
    const acme = new AcmeProcess(server, url, [orgs[0]?.key ?? '', orgs[1]?.key ?? '']);
    acme.#beginning = await acme.dump();
    return acme;
  }

  /** Makes both organizations as they were at the start and takes rules and folders away. */
  async reset(): Promise<void> {
    for (const folder of this.#folders.splice(0)) folder.remove();
    for (const rules of ['faults', 'latency', 'limits', 'visibility']) await this.control('DELETE', rules);
    await this.control('POST', 'load', this.#beginning);
    await this.clearRequests();
  }

  /** A new folder with a spec; `yaml` is appended to one that is empty otherwise. */
  folder(yaml = '', env: Readonly<Record<string, string>> = {}): AcmeFolder {
    const files = cliFixture();
    this.#folders.push(files);
    files.write('migration.yaml', `version: 1\n${yaml}`);
    return new AcmeFolder(files, {
      BT_SOURCE_URL: this.url,
      BT_DEST_URL: this.url,
      BT_SOURCE_API_KEY: this.keys[0],
      BT_DEST_API_KEY: this.keys[1],
      ...env,
    });
  }

  /** Adds a rule and returns its id. */
  async fault(rule: FaultRule): Promise<string> {
    const { ids } = (await this.control('POST', 'faults', rule)) as { ids: string[] };
    return ids[0] ?? '';
  }

  async clearFaults(): Promise<void> {
    await this.control('DELETE', 'faults');
  }

  /** Resolves once a request is held by the rule. */
  async held(id: string): Promise<void> {
    await until(async () => ((await this.#fault(id))?.holding ?? 0) > 0);
  }

  /** Resolves with true once a request is held by the rule, with false when this ends before. */
  async heldUnless(id: string, ended: Promise<unknown>): Promise<boolean> {
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    await until(async () => isOver || ((await this.#fault(id))?.holding ?? 0) > 0);
    return !isOver;
  }

  /** Everything that both organizations hold. */
  async dump(): Promise<{ readonly rows: unknown }> {
    return (await this.control('GET', 'dump')) as { rows: unknown };
  }

  /** Lets what the rule holds go on, whoever asked for it having gone, and takes all rules away. */
  async abandon(id: string): Promise<void> {
    await this.control('POST', 'faults/release', { id });
    await this.clearFaults();
  }

  /** Lets what the rule holds go on, and resolves when the server is done with it. */
  async release(id: string): Promise<void> {
    const hits = (await this.#fault(id))?.hits ?? 0;
    await this.control('POST', 'faults/release', { id });
    await until(async () => (await this.requests()).filter(({ fault }) => fault === id).length === hits);
  }

  async requests(): Promise<readonly LoggedRequest[]> {
    return ((await this.control('GET', 'requests')) as { requests: LoggedRequest[] }).requests;
  }

  /** Paths of what was written to the destination since the log was cleared. */
  async writes(): Promise<string[]> {
    return (await this.requests())
      .filter(({ method, org, path }) => method !== 'GET' && org === 'Acme Prod' && !path.startsWith('/api/'))
      .map(({ method, path }) => `${method} ${path}`);
  }

  async clearRequests(): Promise<void> {
    await this.control('DELETE', 'requests');
  }

  async stop(): Promise<void> {
    for (const folder of this.#folders) folder.remove();
    this.#server.process.kill('SIGTERM');
    await this.#server.finished;
  }

  async #fault(id: string): Promise<FaultState | undefined> {
    const { faults } = (await this.control('GET', 'faults')) as { faults: FaultState[] };
    return faults.find((fault) => fault.id === id);
  }

  /** A request to the emulator's controls; docs/emulator.md lists them. */
  async control(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.source.call(method, `/__control/${path}`, body, { authorization: `Bearer ${TOKEN}` });
    if (answer.status !== 200) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer.body;
  }
}

/** A folder in which the built binary runs. */
export class AcmeFolder {
  readonly files: CliFixture;
  readonly env: Readonly<Record<string, string>>;

  constructor(files: CliFixture, env: Readonly<Record<string, string>>) {
    this.files = files;
    this.env = env;
  }

  start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): RunningCli {
    return spawnCli(argv, { cwd: this.files.folder, env: { ...this.env, ...env } });
  }

  run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
    return this.start(argv, env).finished;
  }

  /** Runs and throws unless it ends with 0. */
  async ok(...argv: string[]): Promise<Finished> {
    const finished = await this.run(argv);
    if (finished.code !== 0) throw new Error(`${argv.join(' ')} ended with ${finished.code}: ${finished.stderr}`);
    return finished;
  }

  has(name: string): boolean {
    return existsSync(join(this.files.folder, name));
  }

  read(name: string): string {
    return readFileSync(join(this.files.folder, name), 'utf8');
  }
}

// Every look is a request to another process, so that this waits for it without guessing how long it takes.
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}
