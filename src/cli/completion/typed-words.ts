import type { Command } from '../define-command.ts';
import { GLOBAL_OPTIONS } from '../globals.ts';
import type { OptionDefinition } from '../option.ts';

/** What may be typed after a command, after the first word of a group, or (name '') after the program itself. */
export interface TypedWords {
  readonly name: string;
  readonly words: readonly { readonly word: string; readonly summary: string }[];
  readonly flags: readonly TypedFlag[];
}

export interface TypedFlag {
  /** `--format`, and `-f` for a flag with a letter. */
  readonly spellings: readonly string[];
  readonly summary: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** Arranges the commands for shells: the program, then groups and commands by name. */
export function typedWords(commands: readonly Command[], groups: Readonly<Record<string, string>>): TypedWords[] {
  const global = flagsOf(GLOBAL_OPTIONS);
  const first = new Map<string, string>();
  for (const { name, summary } of commands) {
    const [word = '', member] = name.split(' ');
    first.set(word, member === undefined ? summary : (groups[word] ?? `${word} commands`));
  }
  const members = Object.keys(groups).map(
    (group): TypedWords => ({
      name: group,
      words: commands
        .filter(({ name }) => name.startsWith(`${group} `))
        .map(({ name, summary }) => ({ word: name.slice(group.length + 1), summary })),
      flags: global,
    }),
  );
  const whole = commands.map(
    (command): TypedWords => ({
      name: command.name,
      words: Object.values(command.arguments).flatMap(({ choices, summary }) =>
        (choices ?? []).map((word) => ({ word, summary })),
      ),
      flags: [...flagsOf(command.options), ...global],
    }),
  );
  const start = { name: '', words: [...first].map(([word, summary]) => ({ word, summary })), flags: global };
  return [start, ...members.filter(({ words }) => words.length > 0), ...whole];
}

function flagsOf(options: Readonly<Record<string, OptionDefinition>>): TypedFlag[] {
  return Object.entries(options).map(([name, { alias, summary, type, choices }]) => ({
    spellings: [`--${name}`, ...(alias === undefined ? [] : [`-${alias}`])],
    summary,
    takesValue: type !== 'flag',
    choices: choices ?? [],
  }));
}

/** A text as one word of bash and zsh. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
