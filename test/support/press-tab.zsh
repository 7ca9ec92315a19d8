# Presses Tab behind $1 in an interactive zsh that has loaded ./script, and prints what it proposes, a line each.
zmodload zsh/zpty
cat > .zshrc <<'RC'
autoload -Uz compinit
# The list of all completion functions takes seconds to make, so it is kept beside the folder.
compinit -C -d $COMPDUMP
source ./script
compadd() {
  local -a hits
  local word
  for word; do
    if [[ $word == (-|--) ]]; then break; fi
    # Asked of the helpers of completion itself, which have not proposed anything yet.
    if [[ $word == -[OAD] ]]; then builtin compadd "$@"; return; fi
  done
  builtin compadd -A hits "$@"
  if (( $#hits )); then print -rl -- $hits >> proposed; fi
  builtin compadd "$@"
}
leave() { exit }
comppostfuncs=(leave)
RC
: > proposed
ZDOTDIR=$PWD zpty shell zsh -d -i
zpty -w -n shell "$1"$'\t'
while zpty -r shell; do :; done > transcript
cat proposed
