import type { BtMigrateError } from '../domain/errors.ts';
import type { Reporter } from '../domain/event.ts';
import type { JsonObject } from '../domain/json.ts';
import type { CliIo } from './cli-io.ts';
import type { Globals } from './globals.ts';

/** One option of a command; its name is its key, in kebab-case. */
export interface OptionDefinition {
  /** `flag`: true or false. `text`, `number` (whole, not negative): once. `texts`: may be repeated. */
  readonly type: 'flag' | 'text' | 'number' | 'texts';
  readonly summary: string;
  /** One letter. */
  readonly alias?: string;
  /** What stands for the value in the help, such as FILE. */
  readonly value?: string;
  readonly choices?: readonly string[];
}

export interface ArgumentDefinition {
  readonly summary: string;
  readonly required?: boolean;
}

export type Options = Readonly<Record<string, OptionDefinition>>;
export type Arguments = Readonly<Record<string, ArgumentDefinition>>;

type OptionValue<Option extends OptionDefinition> = Option['type'] extends 'flag'
  ? boolean
  : Option['type'] extends 'number'
    ? number | undefined
    : Option['type'] extends 'texts'
      ? readonly string[]
      : Option extends { readonly choices: readonly (infer Choice)[] }
        ? Choice | undefined
        : string | undefined;

export type OptionValues<Known extends Options> = { readonly [Name in keyof Known]: OptionValue<Known[Name]> };

export type Values<Known extends Options, Positional extends Arguments> = OptionValues<Known> & {
  readonly [Name in keyof Positional]: Positional[Name] extends { readonly required: true }
    ? string
    : string | undefined;
};

/** What a handler gets besides the values of its options. */
export interface CommandContext {
  readonly io: CliIo;
  readonly globals: Globals;
  /** Aborted with a BtMigrateError by the first SIGINT or SIGTERM: end the work in flight, then throw its reason. */
  readonly signal: AbortSignal;
  readonly report: Reporter;
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
