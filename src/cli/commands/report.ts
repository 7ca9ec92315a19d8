import { defineCommand } from '../define-command.ts';
import { usageError } from '../usage-error.ts';

export const report = defineCommand({
  name: 'report',
  summary: 'Write a plan, or what became of a run, as one HTML page that needs nothing else',
  options: {
    html: { type: 'text', value: 'FILE', summary: 'The page to write' },
    timeline: {
      type: 'text',
      value: 'FILE',
      summary: 'The events of the run (apply --events), to draw rows over time',
    },
    redact: { type: 'text', choices: ['content'], summary: 'Show paths and sizes instead of values' },
  },
  arguments: { plan_or_run: { summary: 'A plan file, or the report that apply --report wrote', required: true } },
  examples: [
    { command: 'bt-migrate report plan.out --html plan.html', does: 'A page to review a plan on' },
    {
      command: 'bt-migrate report run.json --html run.html --timeline events.ndjson',
      does: 'A page that tells what a run did, and how fast it copied rows',
    },
  ],
  handler: async ({ io }, values) => {
    if (values.html === undefined) throw usageError('report needs a file to write the page to: --html FILE.');
    const { resolve } = await import('node:path');
    const { buildReport } = await import('../report/build-report.ts');
    const { writePrivateFile } = await import('../write-private-file.ts');
    const timeline = values.timeline === undefined ? undefined : resolve(io.cwd, values.timeline);
    const page = await buildReport(resolve(io.cwd, values.plan_or_run), {
      timeline,
      redact: values.redact !== undefined,
    });
    const path = resolve(io.cwd, values.html);
    await writePrivateFile(path, page);
    return { exitCode: 0, summary: `Wrote ${values.html}`, text: `Wrote ${values.html}.\n`, document: { file: path } };
  },
});
