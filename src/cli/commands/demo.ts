import { defineCommand } from '../define-command.ts';

export const demo = defineCommand({
  name: 'demo',
  summary: 'Show a whole migration between two embedded organizations, in a minute',
  options: {
    dir: {
      type: 'text',
      value: 'DIR',
      summary: 'Leave the files in DIR, which must be empty; a temporary folder by default',
    },
  },
  examples: [{ command: 'bt-migrate demo --dir demo', does: 'See the story, then look at its files' }],
  interrupted: 'Run it again to see the whole story: it begins anew, in an empty folder.',
  handler: async ({ globals, io, color, print, signal }, values) => {
    const { resolve } = await import('node:path');
    const { BtMigrateError } = await import('../../domain/errors.ts');
    const { makeDemoFolder } = await import('../demo/demo-folder.ts');
    const { tellStory } = await import('../demo/tell-story.ts');
    const dir = makeDemoFolder(values.dir === undefined ? undefined : resolve(io.cwd, values.dir));
    const steps = await tellStory({
      folder: dir,
      env: io.env,
      color,
      signal,
      print: globals.json ? async () => undefined : print,
    });
    const told = { summary: `${steps.length} steps`, printed: !globals.json, document: { dir, steps } };
    const wrong = steps.find(({ exit_code, expected }) => exit_code !== expected);
    if (wrong === undefined) return { exitCode: 0, ...told };
    const error = new BtMigrateError('BTM_FAILED', {
      detail: `${wrong.command} ended with ${wrong.exit_code} instead of ${wrong.expected}. Its output is in ${dir}/${wrong.output}.`,
      hint: 'This should not happen: please report it together with that file.',
    });
    return { exitCode: error.exitCode, ...told, error };
  },
});
