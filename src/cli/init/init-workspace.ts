import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BtMigrateError } from '../../domain/errors.ts';
import { loadSpec } from '../../spec/load-spec.ts';
import { withWorkspace } from '../compose.ts';
import type { CommandContext, CommandResult } from '../define-command.ts';
import { readEnvironment } from '../read-environment.ts';
import { usageError } from '../usage-error.ts';
import { plural } from '../views/count-words.ts';
import { sanitizeText } from '../views/sanitize-text.ts';
import { incumbentSettings } from './incumbent-settings.ts';
import { renderSpec } from './render-spec.ts';
import { surveyOrgs } from './survey-orgs.ts';

export interface InitValues {
  readonly fromEnv: boolean;
  readonly sourceOrg: string | undefined;
  readonly destinationOrg: string | undefined;
}

/**
 * Writes a first spec, and only when there is none.
 * @throws BTM_USAGE when the file exists or an organization has to be chosen, BTM_FAILED when it cannot be written, and
 * what reading the organizations throws.
 */
export async function initWorkspace(context: CommandContext, values: InitValues): Promise<CommandResult> {
  const { io, globals, report } = context;
  const path = resolve(io.cwd, globals.file);
  const name = sanitizeText(globals.file);
  if (existsSync(path)) throw exists(name);
  const env = readEnvironment(io);
  const settings = values.fromEnv ? incumbentSettings(env) : undefined;
  const survey = await withWorkspace(
    context,
    ({ spec, openReaders }) => surveyOrgs({ spec, ...openReaders(), report }),
    bareSpec(values),
  );
  const text = renderSpec(survey, settings);
  // What came out of an environment is only as right as that was.
  loadSpec({ path, text, env });
  await writeFile(path, text, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EEXIST') throw exists(name);
    throw new BtMigrateError('BTM_FAILED', {
      detail: `${name} cannot be written: ${cause.message}.`,
      hint: 'Choose another place with --file.',
      cause,
    });
  });
  const { source, destination, projects } = survey;
  const summary = `Wrote ${name}`;
  return {
    exitCode: 0,
    summary,
    text: [
      `${summary}: ${plural(projects.length, 'project')} of ${sanitizeText(source.orgName)}, to ${sanitizeText(destination.orgName)}.`,
      'Read it, then: bt-migrate plan -o plan.out',
      '',
    ].join('\n'),
    document: {
      file: globals.file,
      source: { org_id: source.orgId, org: source.orgName, url: source.url },
      destination: { org_id: destination.orgId, org: destination.orgName, url: destination.url },
      projects: projects.map(({ name: project, counts, rows, inDestination }) => ({
        name: project,
        in_destination: inDestination,
        objects: Object.fromEntries(counts),
        rows,
      })),
    },
  };
}

/** Enough to reach both organizations: urls and keys are in the environment. */
function bareSpec({ sourceOrg, destinationOrg }: InitValues): string {
  const side = (org: string | undefined): object => (org === undefined ? {} : { org });
  return JSON.stringify({ source: side(sourceOrg), destination: side(destinationOrg) });
}

function exists(name: string): BtMigrateError {
  return usageError(
    `${name} is there already and was left as it is.`,
    'Name another file with --file, or move it away.',
  );
}
