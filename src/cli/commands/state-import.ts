import { defineCommand } from '../define-command.ts';

export const stateImport = defineCommand({
  name: 'state import',
  summary: 'Make the state equal to an exported one',
  options: {
    force: {
      type: 'flag',
      summary: 'Replace another or newer state, or one that cannot be read, which is kept beside it',
    },
  },
  arguments: { document: { summary: 'What state export wrote; read from stdin when left out' } },
  examples: [{ command: 'bt-migrate state import state.json', does: 'Take up the state of the last CI job' }],
  handler: async (context, values) => {
    const { describeHolder } = await import('../../state/describe-holder.ts');
    const { importState } = await import('../../state/import-state.ts');
    const { parseStateDocument } = await import('../../state/state-document.ts');
    const { jobUrl } = await import('../job-url.ts');
    const { readEnvironment } = await import('../read-environment.ts');
    const { readInput } = await import('../read-input.ts');
    const { statePlace } = await import('../state-place.ts');
    const { path } = statePlace(context);
    const state = parseStateDocument(await readInput(context.io, values.document));
    const holder = describeHolder(jobUrl(readEnvironment(context.io)));
    await importState(state, path, { force: values.force, holder });
    const summary = `${state.mappings.length} objects, serial ${state.serial}`;
    return {
      exitCode: 0,
      summary,
      text: `${path} now has ${summary}.\n`,
      document: { path, lineage: state.lineage, serial: state.serial },
    };
  },
});
