import { quoted, type TypedWords } from './typed-words.ts';

/** The completion script for bash. What has no words of its own is completed as a file name. */
export function bashScript(all: readonly TypedWords[]): string {
  const named = all.filter(({ name }) => name !== '');
  const walk = named.map(({ name }) => {
    const [first = '', second] = name.split(' ');
    return `      ${quoted(second === undefined ? ` ${first}` : name)}) command=${quoted(name)} ;;`;
  });
  const values = all.flatMap(({ name, flags }) =>
    flags
      .filter(({ takesValue }) => takesValue)
      .map(({ spellings, choices }) => {
        const where = spellings.map((spelling) => quoted(`${name}:${spelling}`)).join('|');
        return `    ${where}) words=${quoted(choices.join(' '))} ;;`;
      }),
  );
  const words = all.map(
    ({ name, words: own, flags }) =>
      `      ${quoted(name)}) words=${quoted(own.map(({ word }) => word).join(' '))} ` +
      `flags=${quoted(flags.flatMap(({ spellings }) => spellings).join(' '))} ;;`,
  );
  return `# bash completion for bt-migrate. Load it with: source <(bt-migrate completion bash)
_bt_migrate() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' words='' flags='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command \${COMP_WORDS[i]}" in
${walk.join('\n')}
    esac
  done
  COMPREPLY=()
  case "$command:$previous" in
${values.join('\n')}
    *)
      case "$command" in
${words.join('\n')}
      esac
      if [[ $current == -* ]]; then words="$flags --help"; fi ;;
  esac
  # No mapfile: the bash of macOS does not have it, and no word holds a space.
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -o bashdefault -o default -F _bt_migrate bt-migrate
`;
}
