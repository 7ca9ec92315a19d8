import { BtMigrateError } from '../../domain/errors.ts';
import { defineCommand } from '../define-command.ts';
import { usageError } from '../usage-error.ts';

export const emulator = defineCommand({
  name: 'emulator',
  summary: 'Serve an embedded Braintrust-compatible API on this machine, for rehearsals and tests',
  options: {
    port: { type: 'number', value: 'N', summary: 'Port on 127.0.0.1; 0, the default, takes a free one' },
    data: { type: 'text', value: 'FILE', summary: 'Keep everything in FILE; in memory by default' },
    seed: { type: 'text', value: 'demo|DIR', summary: 'Fill it with the demo organization, or with dump files' },
    org: { type: 'texts', value: 'NAME=KEY', summary: 'An organization and a key for it; may be repeated' },
    control: { type: 'text', value: 'TOKEN', summary: 'Open /__control to whoever sends TOKEN' },
  },
  examples: [
    { command: 'bt-migrate emulator --seed demo', does: 'Try a migration without touching anything real' },
    { command: 'bt-migrate emulator --json --org "Acme Dev=sk-dev"', does: 'Tell a script the url and the keys' },
  ],
  handler: async ({ globals, io, print, signal }, values) => {
    const { resolve } = await import('node:path');
    const { EmulatorStartError, runEmulator } = await import('../../../emulator/run-emulator.ts');
    const { port = 0, data, seed } = values;
    if (port > 65_535) throw usageError(`--port ${port} is not a port; the highest is 65535.`);
    let written: Promise<void> = Promise.resolve();
    try {
      await runEmulator({
        port,
        dataFile: data === undefined ? undefined : resolve(io.cwd, data),
        seed: seed === undefined || seed === 'demo' ? seed : resolve(io.cwd, seed),
        orgs: values.org,
        controlToken: values.control,
        json: globals.json,
        signal,
        write: (line) => {
          written = print(`${line}\n`);
        },
      });
    } catch (error) {
      if (!(error instanceof EmulatorStartError)) throw error;
      const code = error.code === 'port_taken' || error.code === 'bad_data_file' ? 'BTM_FAILED' : 'BTM_USAGE';
      throw new BtMigrateError(code, {
        detail: `The emulator did not start: ${error.message}.`,
        hint: error.hint,
        cause: error,
      });
    }
    await written;
    // A signal is how a server is meant to end.
    return { exitCode: 0, summary: 'Stopped', printed: true };
  },
});
