import { processIo } from './cli-io.ts';
import { runCli } from './run-cli.ts';

/** Runs the command line of this process; what is still to be written is written before the process ends. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  process.exitCode = await runCli(argv, processIo());
}
