import { defineCommand } from '../define-command.ts';

export const stateList = defineCommand({
  name: 'state list',
  summary: 'List which source object became which destination object',
  options: {
    format: {
      type: 'text',
      choices: ['text', 'csv'],
      summary: 'text by default; csv gives source id, destination id, address',
    },
  },
  arguments: { address: { summary: 'List only this address; * stands for one segment' } },
  examples: [
    { command: `bt-migrate state list 'prompt."Support bot".*'`, does: 'The prompts of one project' },
    { command: 'bt-migrate state list --format csv > ids.csv', does: 'A table to look up old ids in' },
  ],
  handler: async (context, values) => {
    const { parsePattern } = await import('../../domain/address.ts');
    const { listMappings } = await import('../../state/repair-state.ts');
    const { statePlace } = await import('../state-place.ts');
    const { readSnapshot } = await import('../use-state.ts');
    const { mappingItem, mappingsCsv, renderMappings } = await import('../views/render-mappings.ts');
    const patterns = values.address === undefined ? [] : [parsePattern(values.address)];
    const place = statePlace(context);
    const snapshot = await readSnapshot(place);
    const mappings = listMappings(snapshot, patterns);
    const summary =
      snapshot.lineage === null
        ? `Nothing is recorded: ${place.path} does not exist`
        : `${mappings.length} of ${snapshot.mappings.length} objects`;
    const table = values.format === 'csv' ? mappingsCsv(mappings) : renderMappings(mappings);
    return {
      exitCode: 0,
      summary,
      ...(table === '' ? {} : { text: table }),
      document: { items: mappings.map(mappingItem) },
    };
  },
});
