import type { BtMigrateError } from '../domain/errors.ts';
import type { Reporter } from '../domain/event.ts';
import type { JsonObject } from '../domain/json.ts';
import type { CliIo } from './cli-io.ts';
import type { Disguise } from './disguise.ts';
import type { Globals } from './globals.ts';
import type { Arguments, Options, Values } from './option.ts';

/** What a handler gets besides the values of its options. */
export interface CommandContext {
  readonly io: CliIo;
  readonly globals: Globals;
  /** Aborted with a BtMigrateError by the first SIGINT or SIGTERM: end the work in flight, then throw its reason. */
  readonly signal: AbortSignal;
  /** Aborted when the work in flight has not ended some seconds after that. */
  readonly giveUp: AbortSignal;
  readonly report: Reporter;
  /** For what is written into files other than the plan: no e-mail address may stay in it. */
  readonly disguise: Disguise;
  /** Every command there is, and what the commands of a group have in common. */
  readonly commands: readonly Command[];
  readonly groups: Readonly<Record<string, string>>;
  /** Whether stdout may be coloured. */
  readonly color: boolean;
  /** Writes to stdout before the end; the result must then say `printed`. */
  print(text: string): Promise<void>;
}

/** How a command ended. */
export interface CommandResult {
  readonly exitCode: number;
  /** One sentence without values that are secret. */
  readonly summary: string;
  /** What people read, ending in a newline; the summary when left out. */
  readonly text?: string;
  /** Members of the JSON document besides `format_version`, `command`, `exit_code` and `summary`. */
  readonly document?: JsonObject;
  /** What went wrong although there are results to show; told like any error, after them. */
  readonly error?: BtMigrateError;
  /** True when the handler has written its output with `print`. */
  readonly printed?: boolean;
}

/** A command as the command line knows it. */
export interface Command {
  /** One word, or two for a command of a group: `state list`. */
  readonly name: string;
  readonly summary: string;
  readonly options: Options;
  /** In the order in which they are given. */
  readonly arguments: Arguments;
  readonly examples: readonly { readonly command: string; readonly does: string }[];
  /** What to do after Ctrl-C, when that is more than to run the command again. */
  readonly interrupted?: string;
  run(context: CommandContext, values: Readonly<Record<string, unknown>>): Promise<CommandResult>;
}

/**
 * Declares a command. Handlers import the engine when they run (`await import(…)`), so that `--help` loads none of it.
 */
export function defineCommand<const Known extends Options, const Positional extends Arguments = Record<never, never>>(
  definition: Omit<Command, 'options' | 'arguments' | 'run'> & {
    readonly options: Known;
    readonly arguments?: Positional;
    readonly handler: (context: CommandContext, values: Values<Known, Positional>) => Promise<CommandResult>;
  },
): Command {
  const { handler, ...rest } = definition;
  return {
    ...rest,
    arguments: definition.arguments ?? {},
    run: (context, values) => handler(context, values as Values<Known, Positional>),
  };
}
