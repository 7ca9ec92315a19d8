import { defineCommand } from '../define-command.ts';

export const stateShow = defineCommand({
  name: 'state show',
  summary: 'Show what the state knows of one address; without one, what it holds in all',
  options: {},
  arguments: { address: { summary: 'An address, as state list shows it' } },
  examples: [{ command: `bt-migrate state show 'prompt."Support bot".triage'`, does: 'Both ids of one prompt' }],
  handler: async (context, values) => {
    const { statePlace } = await import('../state-place.ts');
    const { readSnapshot } = await import('../use-state.ts');
    const { showAddress, showState } = await import('../show-state.ts');
    const { path } = statePlace(context);
    const snapshot = await readSnapshot({ path, mustExist: true });
    return values.address === undefined ? showState(path, snapshot) : showAddress(snapshot, values.address);
  },
});
