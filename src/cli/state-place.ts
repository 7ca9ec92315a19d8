import { resolve } from 'node:path';
import { loadSpec } from '../spec/load-spec.ts';
import type { CommandContext } from './define-command.ts';
import { readEnvironment } from './read-environment.ts';

/** Where the state is, and whether it must be there already. */
export interface StatePlace {
  /** Absolute. */
  readonly path: string;
  readonly mustExist: boolean;
}

/**
 * Finds the state that a command of the `state` group is about. With `--state` no spec is needed, so that a state can
 * be looked at and repaired where there is none; what it names is meant to be there.
 * @throws what `loadSpec` throws.
 */
export function statePlace({ io, globals }: CommandContext): StatePlace {
  if (globals.state !== undefined) return { path: resolve(io.cwd, globals.state), mustExist: true };
  return loadSpec({ path: resolve(io.cwd, globals.file), env: readEnvironment(io) }).state;
}
