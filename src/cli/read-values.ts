import { nearestWord } from '../domain/nearest-word.ts';
import type { Command } from './define-command.ts';
import type { OptionDefinition, Options } from './option.ts';
import { usageError } from './usage-error.ts';

/**
 * Checks what was parsed against what is declared and converts it.
 * @throws BTM_USAGE for an unknown flag, a missing or repeated value, a value that is not accepted.
 */
export function readValues(
  command: Command,
  globals: Options,
  parsed: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const options = { ...globals, ...command.options };
  const names = Object.keys(options);
  const aliases = new Set(Object.values(options).flatMap(({ alias }) => alias ?? []));
  for (const key of Object.keys(parsed)) {
    const isDeclared = names.includes(key) || aliases.has(key) || Object.hasOwn(command.arguments, key);
    if (!isDeclared && !['_', '$0', '--', 'help'].includes(key)) throw unknownFlag(command, key, names);
  }
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) values[name] = readOption(name, option, parsed[name]);
  for (const [name, argument] of Object.entries(command.arguments)) {
    const value = parsed[name];
    if (argument.required === true && (value === undefined || value === '')) {
      throw usageError(`${command.name} needs ${name.toUpperCase()}: ${argument.summary}.`, seeHelp(command));
    }
    if (argument.choices !== undefined && typeof value === 'string')
      refuseOther(name.toUpperCase(), value, argument.choices);
    values[name] = value;
  }
  return values;
}

function readOption(name: string, option: OptionDefinition, given: unknown): unknown {
  if (option.type === 'flag') {
    const last = Array.isArray(given) ? given.at(-1) : given;
    return last === true;
  }
  const texts = given === undefined ? [] : (Array.isArray(given) ? given : [given]).map(String);
  if (texts.includes(''))
    throw usageError(`--${name} needs a value${option.value ? `: --${name} ${option.value}` : ''}.`);
  if (option.type === 'texts') return texts;
  const [text] = texts;
  if (texts.length > 1) throw usageError(`--${name} is given ${texts.length} times; only one value is accepted.`);
  if (text === undefined) return undefined;
  if (option.choices !== undefined) refuseOther(`--${name}`, text, option.choices);
  if (option.type === 'text') return text;
  if (!/^\d{1,9}$/.test(text)) throw usageError(`--${name} must be a whole number, not ${JSON.stringify(text)}.`);
  const number = Number(text);
  const { least = 0, most = number } = option;
  if (number < least) throw usageError(`--${name} is ${text}; the least is ${least}.`);
  if (number > most) throw usageError(`--${name} is ${text}; the most is ${most}.`);
  return number;
}

function refuseOther(name: string, text: string, choices: readonly string[]): void {
  if (choices.includes(text)) return;
  throw usageError(`${name} ${text} is not accepted. Allowed: ${choices.join(', ')}.${didYouMean(text, choices)}`);
}

function unknownFlag(command: Command, key: string, names: readonly string[]) {
  const dashes = key.length === 1 ? '-' : '--';
  const near = key.length === 1 ? undefined : nearestWord(key, names);
  const suggestion = near === undefined ? '' : ` Did you mean --${near}?`;
  return usageError(`${dashes}${key} is not a flag of ${command.name}.${suggestion}`, seeHelp(command));
}

function seeHelp(command: Command): string {
  return `Run bt-migrate ${command.name} --help.`;
}

/** ` Did you mean "plan"?`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = nearestWord(word, known);
  return near === undefined ? '' : ` Did you mean "${near}"?`;
}
