import type { CliIo, OutputStream } from './cli-io.ts';

/** Whether to colour a stream: `--no-color` and NO_COLOR say no, FORCE_COLOR says yes, else only a terminal is. */
export function usesColor({ env }: CliIo, stream: OutputStream, forbidden: boolean): boolean {
  if (forbidden || (env.NO_COLOR ?? '') !== '') return false;
  if ((env.FORCE_COLOR ?? '') !== '') return env.FORCE_COLOR !== '0';
  return stream.isTTY === true && env.TERM !== 'dumb';
}
