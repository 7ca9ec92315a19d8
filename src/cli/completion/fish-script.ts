import type { TypedFlag, TypedWords } from './typed-words.ts';

/** The completion script for fish. What has no words of its own is completed as a file name. */
export function fishScript(all: readonly TypedWords[]): string {
  const walk = all
    .filter(({ name }) => name !== '')
    .map(({ name }) => {
      const [first = '', second] = name.split(' ');
      return `            case ${quotedForFish(second === undefined ? ` ${first}` : name)}\n                set command ${quotedForFish(name)}`;
    });
  const lines = all.flatMap(({ name, words, flags }) => {
    const here = `complete -c bt-migrate -n ${quotedForFish(`__bt_migrate_is "${name}"`)}`;
    return [
      ...words.map(({ word, summary }) => `${here} -f -a ${quotedForFish(word)} -d ${quotedForFish(summary)}`),
      ...flags.map((flag) => `${here} ${flagWords(flag)} -d ${quotedForFish(flag.summary)}`),
    ];
  });
  return `# fish completion for bt-migrate. Load it with: bt-migrate completion fish | source
function __bt_migrate_is --argument-names wanted
    set -l command ''
    for word in (commandline -opc)[2..-1]
        switch "$command $word"
${walk.join('\n')}
        end
    end
    test "$command" = "$wanted"
end
${lines.join('\n')}
complete -c bt-migrate -l help -s h -d 'Show help'
`;
}

function flagWords({ spellings, takesValue, choices }: TypedFlag): string {
  const names = spellings.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  if (!takesValue) return names.join(' ');
  const values = choices.length === 0 ? '-r' : `-x -a ${quotedForFish(choices.join(' '))}`;
  return `${names.join(' ')} ${values}`;
}

/** In fish a backslash keeps its meaning between single quotes. */
function quotedForFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
