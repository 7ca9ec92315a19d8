import { defineCommand } from '../define-command.ts';

export const quarantineList = defineCommand({
  name: 'quarantine list',
  summary: 'List the rows and attachments that could not be read or were not taken',
  options: { all: { type: 'flag', summary: 'Also what was dealt with' } },
  examples: [{ command: 'bt-migrate quarantine list', does: 'What is missing in the destination, and why' }],
  handler: async (context, values) => {
    const { openSqliteState } = await import('../../state/open-sqlite-state.ts');
    const { quarantinePath } = await import('../../state/quarantine-folder.ts');
    const { statePlace } = await import('../state-place.ts');
    const { withAddresses } = await import('../stream-addresses.ts');
    const { quarantineItem, renderQuarantine } = await import('../views/render-quarantine.ts');
    const place = statePlace(context);
    const store = await openSqliteState({ ...place, mode: 'read' });
    try {
      const items = (await store.streams.quarantine()).filter(({ status }) => values.all || status === 'open');
      const shown = withAddresses(items, await store.snapshot());
      const open = items.filter(({ status }) => status === 'open').length;
      return {
        exitCode: 0,
        summary: open === 0 ? 'Nothing is quarantined' : `${open} quarantined`,
        ...(shown.length === 0 ? {} : { text: renderQuarantine(shown, quarantinePath(place.path)) }),
        document: { items: shown.map(quarantineItem) },
      };
    } finally {
      await store.close();
    }
  },
});
