import { defineCommand } from '../define-command.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export const completion = defineCommand({
  name: 'completion',
  summary: 'Print a script that completes commands, flags and their values in a shell',
  options: {},
  arguments: { shell: { summary: 'bash, zsh or fish', required: true, choices: SHELLS } },
  examples: [
    { command: 'source <(bt-migrate completion bash)', does: 'In ~/.bashrc (zsh: in ~/.zshrc)' },
    { command: 'bt-migrate completion fish > ~/.config/fish/completions/bt-migrate.fish', does: 'Once, for fish' },
  ],
  handler: async ({ commands, groups }, { shell }) => {
    const { typedWords } = await import('../completion/typed-words.ts');
    const { bashScript } = await import('../completion/bash-script.ts');
    const { zshScript } = await import('../completion/zsh-script.ts');
    const { fishScript } = await import('../completion/fish-script.ts');
    const write = { bash: bashScript, zsh: zshScript, fish: fishScript }[shell];
    const script = write(typedWords(commands, groups));
    return { exitCode: 0, summary: `Completion for ${shell}`, text: script, document: { shell, script } };
  },
});
