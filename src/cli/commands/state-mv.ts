import { defineCommand } from '../define-command.ts';

export const stateMv = defineCommand({
  name: 'state mv',
  summary: 'Give a recorded object another address; changes nothing in either organization',
  options: {},
  arguments: {
    address: { summary: 'The address that the state has', required: true },
    new_address: { summary: 'An address of the same kind that is free', required: true },
  },
  examples: [
    {
      command: `bt-migrate state mv 'prompt."Support bot".triage' 'prompt."Support bot".first-line'`,
      does: 'Follow a prompt whose slug was changed in the source',
    },
  ],
  handler: async (context, values) => {
    const { moveMapping } = await import('../../state/repair-state.ts');
    const { statePlace } = await import('../state-place.ts');
    const { withHeldState } = await import('../use-state.ts');
    const { mappingItem } = await import('../views/render-mappings.ts');
    const { sanitizeText } = await import('../views/sanitize-text.ts');
    const { path } = statePlace(context);
    const moved = await withHeldState(context, { path, mustExist: true }, (store, lease) =>
      moveMapping(store, lease, values.address, values.new_address),
    );
    return {
      exitCode: 0,
      summary: 'Moved',
      text: `${sanitizeText(values.address)} is now ${sanitizeText(moved.address)}.\n`,
      document: { items: [mappingItem(moved)] },
    };
  },
});
