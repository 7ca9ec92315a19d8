import { defineCommand } from '../define-command.ts';

export const init = defineCommand({
  name: 'init',
  summary: 'Write a commented migration.yaml from what the two organizations hold',
  options: {
    'from-env': { type: 'flag', summary: 'Take over the environment variables of braintrust-migrate' },
    'source-org': { type: 'text', value: 'NAME', summary: 'Which organization, when the source key has several' },
    'destination-org': { type: 'text', value: 'NAME', summary: 'The same for the destination key' },
  },
  examples: [
    { command: 'bt-migrate init', does: 'Begin with the keys in BT_SOURCE_API_KEY and BT_DEST_API_KEY' },
    { command: 'bt-migrate init --from-env', does: 'Begin with the settings that braintrust-migrate ran with' },
  ],
  handler: async (context, values) => {
    const { initWorkspace } = await import('../init/init-workspace.ts');
    return initWorkspace(context, {
      fromEnv: values['from-env'],
      sourceOrg: values['source-org'],
      destinationOrg: values['destination-org'],
    });
  },
});
