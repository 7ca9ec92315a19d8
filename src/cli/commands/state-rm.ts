import { defineCommand } from '../define-command.ts';

export const stateRm = defineCommand({
  name: 'state rm',
  summary: 'Forget a recorded object; deletes nothing in either organization',
  options: {
    'source-id': {
      type: 'text',
      value: 'ID',
      summary: 'Forget only this source object, when several share the address',
    },
    'auto-approve': { type: 'flag', summary: 'Do not ask' },
  },
  arguments: { address: { summary: 'An address, as state list shows it', required: true } },
  examples: [
    {
      command: `bt-migrate state rm 'prompt."Support bot".triage'`,
      does: 'Stop managing a prompt, or free it for bt-migrate import',
    },
  ],
  handler: async (context, values) => {
    const { mappingsAt, removeMapping } = await import('../../state/repair-state.ts');
    const { askApproval } = await import('../ask-approval.ts');
    const { statePlace } = await import('../state-place.ts');
    const { readSnapshot, withHeldState } = await import('../use-state.ts');
    const { mappingItem, renderMappings } = await import('../views/render-mappings.ts');
    const place = { path: statePlace(context).path, mustExist: true };
    const sourceId = values['source-id'];
    const found = mappingsAt(await readSnapshot(place), values.address);
    const chosen = found.filter((mapping) => sourceId === undefined || mapping.sourceId === sourceId);
    await askApproval(context, {
      approved: values['auto-approve'],
      about: renderMappings(chosen),
      question: `Forget ${chosen.length === 1 ? 'this object' : `these ${chosen.length} objects`}?`,
      needed: 'Forgetting what became of an object must be approved, and nobody can be asked here.',
      hint: 'Add --auto-approve. What is forgotten and still exists under the same name is adopted by the next plan, or shown as a conflict.',
    });
    const removed = await withHeldState(context, place, (store, lease) =>
      removeMapping(store, lease, values.address, sourceId),
    );
    return {
      exitCode: 0,
      summary: `Forgot ${removed.length === 1 ? 'one object' : `${removed.length} objects`}`,
      text: `Forgotten, in the state only:\n${renderMappings(removed)}`,
      document: { items: removed.map(mappingItem) },
    };
  },
});
