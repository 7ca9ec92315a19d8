import { quoted, type TypedWords } from './typed-words.ts';

/** The completion script for zsh. What has no words of its own is completed as a file name. */
export function zshScript(all: readonly TypedWords[]): string {
  const walk = all
    .filter(({ name }) => name !== '')
    .map(({ name }) => {
      const [first = '', second] = name.split(' ');
      return `      ${quoted(second === undefined ? ` ${first}` : name)}) command=${quoted(name)} ;;`;
    });
  const values = all.flatMap(({ name, flags }) =>
    flags
      .filter(({ takesValue }) => takesValue)
      .map(({ spellings, choices }) => {
        const where = spellings.map((spelling) => quoted(`${name}:${spelling}`)).join('|');
        return `    ${where}) ${choices.length === 0 ? '_files' : `compadd -- ${choices.map(quoted).join(' ')}`}; return ;;`;
      }),
  );
  const words = all.map(
    ({ name, words: own, flags }) =>
      `    ${quoted(name)})\n` +
      `      words_here=(${own.map(({ word, summary }) => described(word, summary)).join(' ')})\n` +
      `      flags_here=(${flags.flatMap(({ spellings, summary }) => spellings.map((spelling) => described(spelling, summary))).join(' ')}) ;;`,
  );
  return `#compdef bt-migrate
# zsh completion for bt-migrate. Load it with: source <(bt-migrate completion zsh)
_bt_migrate() {
  local command='' word
  local -a words_here flags_here
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$command $word" in
${walk.join('\n')}
    esac
  done
  case "$command:$words[CURRENT-1]" in
${values.join('\n')}
  esac
  case "$command" in
${words.join('\n')}
  esac
  flags_here+=(${described('--help', 'Show help')})
  if [[ $words[CURRENT] == -* ]]; then
    _describe flag flags_here
  elif (( $#words_here )); then
    _describe word words_here
  else
    _files
  fi
}
compdef _bt_migrate bt-migrate
`;
}

/** A word and what it does, as `_describe` takes them. */
function described(word: string, summary: string): string {
  return quoted(`${word.replaceAll(':', '\\:')}:${summary}`);
}
