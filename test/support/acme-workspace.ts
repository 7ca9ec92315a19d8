import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { type CliFixture, type CliRun, type CliRunOptions, cliFixture } from './cli-fixture.ts';
import { clientOf, type EmulatorClient } from './emulator-client.ts';

/** A folder with a spec and keys for the two orgs of an emulator: what a person has before the first plan. */
export interface AcmeWorkspace {
  readonly emulator: Emulator;
  readonly source: EmulatorClient;
  readonly destination: EmulatorClient;
  readonly cli: CliFixture;
  run(argv: readonly string[], options?: CliRunOptions): Promise<CliRun>;
  /** Runs with `--json`; throws when the exit code is not 0. */
  json(argv: readonly string[]): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** `yaml` is appended to an otherwise empty spec. */
export async function openAcmeWorkspace(yaml = ''): Promise<AcmeWorkspace> {
  const emulator = await startEmulator();
  const cli = cliFixture();
  cli.write('migration.yaml', `version: 1\n${yaml}`);
  const [source = { key: '' }, destination = { key: '' }] = emulator.orgs;
  const env = {
    BT_SOURCE_URL: emulator.url,
    BT_DEST_URL: emulator.url,
    BT_SOURCE_API_KEY: source.key,
    BT_DEST_API_KEY: destination.key,
  };
  const run: AcmeWorkspace['run'] = (argv, options = {}) => cli.run(argv, { env, ...options });
  return {
    emulator,
    source: clientOf(emulator, 'Acme Dev'),
    destination: clientOf(emulator, 'Acme Prod'),
    cli,
    run,
    json: async (argv) => {
      const { code, stdout, stderr } = await run([...argv, '--json']);
      if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    close: async () => {
      cli.remove();
      await emulator.close();
    },
  };
}
