import yargs, { type Argv } from 'yargs';
import { groups } from './commands.ts';
import type { Command } from './define-command.ts';
import { GLOBAL_OPTIONS, type Globals, readGlobals } from './globals.ts';
import type { OptionDefinition, Options } from './option.ts';
import { didYouMean, readValues } from './read-values.ts';
import { usageError } from './usage-error.ts';

/** What a command line asks for. */
export type Invocation =
  | {
      readonly asks: 'run';
      readonly command: Command;
      readonly globals: Globals;
      readonly values: Readonly<Record<string, unknown>>;
    }
  | { readonly asks: 'help'; readonly text: string }
  | { readonly asks: 'version' };

const TERRAFORM_SPELLING = /^-([a-z][a-z-]+)(=.*)?$/s;

/**
 * Reads a command line. Long names may have one dash, as in Terraform.
 * @throws BTM_USAGE saying what is not understood and what may have been meant.
 */
export function parseCommandLine(argv: readonly string[], commands: readonly Command[], columns: number): Invocation {
  for (const command of commands) checkNames(command);
  const words = withTwoDashes(argv);
  let chosen: { readonly command: Command; readonly parsed: Readonly<Record<string, unknown>> } | undefined;
  const parser = yargs()
    .scriptName('bt-migrate')
    .locale('en')
    .usage('$0 COMMAND [flags]\n\nPlans, reviews and applies migrations between Braintrust organizations.')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
      'strip-aliased': true,
    })
    .exitProcess(false)
    .showHelpOnFail(false)
    .version(false)
    .help('help', 'Show help')
    .alias('help', 'h')
    .wrap(columns)
    .option('version', { type: 'boolean', describe: 'Print the version' });
  declareOptions(parser, GLOBAL_OPTIONS, 'Flags of every command:');
  for (const [group, members] of byGroup(commands)) {
    const choose = (command: Command) => (parsed: Record<string, unknown>) => {
      chosen = { command, parsed };
    };
    if (group === '') for (const command of members) registerCommand(parser, command.name, command, choose(command));
    else {
      parser.command(group, groups[group] ?? `${group} commands`, (inner) => {
        for (const command of members) {
          registerCommand(inner, command.name.slice(group.length + 1), command, choose(command));
        }
        return inner;
      });
    }
  }
  const { parsed, help } = parse(parser, words);
  if (help !== '') return { asks: 'help', text: `${help}\n${examplesOf(parsed, commands)}` };
  if (parsed.version === true) return { asks: 'version' };
  if (chosen === undefined) throw unknownCommand(parsed, commands);
  const surplus = parsed._.slice(chosen.command.name.split(' ').length);
  if (surplus.length > 0) {
    throw usageError(
      `${chosen.command.name} does not know what to do with ${JSON.stringify(surplus[0])}.`,
      `Run bt-migrate ${chosen.command.name} --help.`,
    );
  }
  refuseFlagValues(words, { ...GLOBAL_OPTIONS, ...chosen.command.options });
  const values = readValues(chosen.command, GLOBAL_OPTIONS, chosen.parsed);
  const globals = readGlobals(values as Parameters<typeof readGlobals>[0]);
  return { asks: 'run', command: chosen.command, globals, values };
}

/** True when the words ask for JSON, whatever else is wrong with them. */
export function asksForJson(argv: readonly string[]): boolean {
  return withTwoDashes(argv).some((word, index, words) => {
    const end = words.indexOf('--');
    return (end < 0 || index < end) && /^--json(=true)?$/.test(word);
  });
}

function parse(parser: Argv, words: readonly string[]) {
  let help = '';
  try {
    const parsed = parser.parseSync(words, {}, (error: Error | null | undefined, _parsed: unknown, output: string) => {
      if (error) throw error;
      help = output;
    });
    return { parsed, help };
  } catch (error) {
    // Whatever yargs stumbles over was typed.
    throw usageError(`The command line cannot be read: ${(error as Error).message}.`);
  }
}

/** Yargs takes `--flag=anything` for false; a typing mistake must not turn off what was asked for. */
function refuseFlagValues(words: readonly string[], options: Options): void {
  for (const word of words) {
    if (word === '--') return;
    const [, name = '', value] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
    if (options[name]?.type === 'flag' && value !== 'true' && value !== 'false') {
      throw usageError(`--${name} is on or off and takes no value.`);
    }
  }
}

function withTwoDashes(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, index) => (end >= 0 && index >= end ? word : word.replace(TERRAFORM_SPELLING, '--$1$2')));
}

function registerCommand(
  parser: Argv,
  name: string,
  command: Command,
  handler: (parsed: Record<string, unknown>) => void,
): void {
  // Yargs need not check arguments: ours say what each is for.
  const pattern = [name, ...Object.keys(command.arguments).map((argument) => `[${argument}]`)].join(' ');
  parser.command(
    pattern,
    command.summary,
    (inner) => {
      for (const [argument, { summary }] of Object.entries(command.arguments)) {
        inner.positional(argument, { type: 'string', describe: summary });
      }
      declareOptions(inner, command.options, 'Flags:');
      return inner.usage(
        `$0 ${command.name} ${Object.entries(command.arguments)
          .map(([argument, { required }]) => (required === true ? `<${argument}>` : `[${argument}]`))
          .join(' ')}\n\n${command.summary}`,
      );
    },
    handler,
  );
}

/** Written here, because yargs wraps them: a command that is broken over two lines cannot be copied. */
function examplesOf({ _: words }: { readonly _: readonly (string | number)[] }, commands: readonly Command[]): string {
  const typed = words.join(' ');
  const command = commands.find(({ name }) => typed === name || typed.startsWith(`${name} `));
  if (command === undefined) return '';
  return `\nExamples:\n${command.examples.map(({ command: line, does }) => `  ${line}\n      ${does}\n`).join('')}`;
}

/** Yargs would let one name stand for two things, and one of them would never arrive. */
function checkNames({ name, options, arguments: positional }: Command): void {
  const names = [
    ...Object.keys(GLOBAL_OPTIONS),
    ...Object.keys(options),
    ...Object.keys(positional),
    'help',
    'version',
  ];
  const letters = [...Object.values<OptionDefinition>(GLOBAL_OPTIONS), ...Object.values(options)].flatMap(
    ({ alias }) => alias ?? [],
  );
  const all = [...names, ...letters, 'h'];
  const twice = all.find((one, index) => all.indexOf(one) < index);
  if (twice !== undefined)
    throw new Error(`${name} declares "${twice}" twice, or as the name of a flag of every command`);
}

function declareOptions(parser: Argv, options: Options, group: string): void {
  for (const [name, option] of Object.entries(options)) {
    parser.option(name, {
      type: option.type === 'flag' ? 'boolean' : 'string',
      describe: describe(option),
      group,
      ...(option.alias === undefined ? {} : { alias: option.alias }),
    });
  }
}

function describe({ summary, value, choices, type }: OptionDefinition): string {
  const kind = choices?.join('|') ?? value;
  return `${kind === undefined ? '' : `${kind}${type === 'texts' ? '…' : ''}: `}${summary}`;
}

/** Commands of one word under '', the others under their first word. */
function byGroup(commands: readonly Command[]): Map<string, Command[]> {
  const groups = new Map<string, Command[]>();
  for (const command of commands) {
    const [first = '', second] = command.name.split(' ');
    const group = second === undefined ? '' : first;
    groups.set(group, [...(groups.get(group) ?? []), command]);
  }
  return groups;
}

function unknownCommand(parsed: Readonly<Record<string, unknown>>, commands: readonly Command[]) {
  const words = Array.isArray(parsed._) ? parsed._.map(String) : [];
  const [first, second] = words;
  const flag = Object.keys(parsed).find(
    (key) => !['_', '$0', 'f'].includes(key) && !Object.hasOwn(GLOBAL_OPTIONS, key),
  );
  if (first === undefined && flag !== undefined) {
    return usageError(`${flag.length === 1 ? '-' : '--'}${flag} is not a flag that works without a command.`);
  }
  const members = commands
    .filter(({ name }) => name.startsWith(`${first} `))
    .map(({ name }) => name.split(' ')[1] ?? '');
  const known = members.length > 0 ? members : [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))];
  const word = members.length > 0 ? second : first;
  const where = members.length > 0 ? `bt-migrate ${first}` : 'bt-migrate';
  const found = word === undefined ? `${where} needs a command.` : `${where} has no command ${JSON.stringify(word)}.`;
  return usageError(`${found} There is: ${known.join(', ')}.${word === undefined ? '' : didYouMean(word, known)}`);
}
