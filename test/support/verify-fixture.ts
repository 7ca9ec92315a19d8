import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { type CliFixture, type CliRun, cliFixture } from './cli-fixture.ts';
import { clientOf, type EmulatorClient, type Shown } from './emulator-client.ts';

/** What `verify` says of one address. */
export interface VerifiedItem {
  readonly address: string;
  readonly symbol: string;
  readonly level: string;
  readonly first_difference?: Record<string, unknown>;
  readonly source_rows: number | null;
  readonly destination_rows: number | null;
  readonly rows_compared?: number;
}

/** What a run of `verify` says, and how it ended. */
export interface Verified {
  readonly code: number;
  readonly items: readonly VerifiedItem[];
  item(address: string): VerifiedItem;
}

/** Two orgs, of which the source has the project Support bot, and a folder to apply and verify in. */
export class VerifyFixture {
  readonly emulator: Emulator;
  readonly source: EmulatorClient;
  readonly destination: EmulatorClient;
  /** The project of the source. */
  readonly project: Shown;
  #cli = cliFixture();

  private constructor(emulator: Emulator, project: Shown) {
    this.emulator = emulator;
    this.source = clientOf(emulator);
    this.destination = clientOf(emulator, emulator.orgs[1]?.name);
    this.project = project;
  }

  static async start(options: Parameters<typeof startEmulator>[0] = {}): Promise<VerifyFixture> {
    const emulator = await startEmulator(options);
    return new VerifyFixture(emulator, await clientOf(emulator).object('POST', '/v1/project', { name: 'Support bot' }));
  }

  get cli(): CliFixture {
    return this.#cli;
  }

  /** Goes on in an empty folder: the spec and the state are gone. */
  changeFolder(): void {
    this.#cli.remove();
    this.#cli = cliFixture();
  }

  run(...argv: string[]): Promise<CliRun> {
    const [from, into] = this.emulator.orgs;
    return this.#cli.run(argv, {
      env: {
        BT_SOURCE_URL: this.emulator.url,
        BT_DEST_URL: this.emulator.url,
        BT_SOURCE_API_KEY: from?.key,
        BT_DEST_API_KEY: into?.key,
      },
    });
  }

  /** Applies an otherwise empty spec with this YAML; throws when the exit code is not 0. */
  async apply(yaml = ''): Promise<void> {
    this.#cli.write('migration.yaml', `version: 1\n${yaml}`);
    const { code, stderr } = await this.run('apply', '--auto-approve');
    if (code !== 0) throw new Error(`apply ended with ${code}: ${stderr}`);
  }

  /** Verifies with `--json`; throws when the document tells of another exit code. */
  async verify(...argv: string[]): Promise<Verified> {
    const { code, stdout } = await this.run('verify', '--json', ...argv);
    const { items, exit_code } = JSON.parse(stdout) as { items: VerifiedItem[]; exit_code: number };
    if (exit_code !== code) throw new Error(`verify ended with ${code}, its document with ${exit_code}`);
    return { code, items, item: (address) => items.find((one) => one.address === address) as VerifiedItem };
  }

  /** Makes the prompt Triage in the project of the source. */
  triage(): Promise<Shown> {
    return this.source.object('POST', '/v1/prompt', {
      project_id: this.project.id,
      name: 'Triage',
      slug: 'triage',
      prompt_data: { prompt: { type: 'completion', content: 'Sort this ticket.' } },
    });
  }

  /** Writes a row to the logs of this project of the source. */
  log(project: string, row: object): Promise<Shown> {
    const keys = { project_id: project, log_id: 'g' };
    return this.source.object('POST', '/logs3', { rows: [{ ...keys, ...row }], api_version: 2 });
  }

  /** Id of the first project of the destination. */
  async there(): Promise<string> {
    return (await this.destination.list('/v1/project'))[0]?.id as string;
  }

  async close(): Promise<void> {
    this.#cli.remove();
    await this.emulator.close();
  }
}
