import { defineCommand } from '../define-command.ts';

export const importObject = defineCommand({
  name: 'import',
  summary: 'Record that an object which the destination already has belongs to a source object',
  options: {},
  arguments: {
    address: { summary: "The source object's address, as plan shows it", required: true },
    destination_id: { summary: 'The id of the object in the destination', required: true },
  },
  examples: [
    {
      command: `bt-migrate import 'prompt."Support bot".triage' 7c1f0a52-1d5c-4a55-9d0e-0b7c2f6a9f11`,
      does: 'Update a prompt that has another slug over there, instead of creating a second one',
    },
  ],
  handler: async (context, values) => {
    const { withWorkspace } = await import('../compose.ts');
    const { importInWorkspace } = await import('../import-in-workspace.ts');
    return withWorkspace(context, (workspace) =>
      importInWorkspace(context, workspace, values.address, values.destination_id),
    );
  },
});
