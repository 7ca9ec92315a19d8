import { defineCommand } from '../define-command.ts';

export const stateExport = defineCommand({
  name: 'state export',
  summary: 'Write the whole state as one JSON document, to carry it elsewhere',
  options: { out: { type: 'text', alias: 'o', value: 'FILE', summary: 'Write to FILE instead of stdout' } },
  examples: [{ command: 'bt-migrate state export -o state.json', does: 'Keep the state between CI jobs' }],
  handler: async (context, values) => {
    const { resolve } = await import('node:path');
    const { openSqliteState } = await import('../../state/open-sqlite-state.ts');
    const { formatStateDocument } = await import('../../state/state-document.ts');
    const { statePlace } = await import('../state-place.ts');
    const { writePrivateFile } = await import('../write-private-file.ts');
    const store = await openSqliteState({ path: statePlace(context).path, mode: 'read', mustExist: true });
    try {
      const state = await store.exportDocument();
      const text = formatStateDocument(state);
      const { lineage, serial, digest } = state;
      const summary = `${state.mappings.length} objects, serial ${serial}`;
      if (values.out === undefined) {
        // The document is the output, with and without --json, so that it can be imported as it is.
        await context.print(text);
        return { exitCode: 0, summary, printed: true };
      }
      const file = resolve(context.io.cwd, values.out);
      await writePrivateFile(file, text);
      return {
        exitCode: 0,
        summary,
        text: `Wrote ${file}: ${summary}.\n`,
        document: { file, lineage, serial, digest },
      };
    } finally {
      await store.close();
    }
  },
});
