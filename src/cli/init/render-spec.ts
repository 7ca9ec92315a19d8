import { formatAddress, parseAddress } from '../../domain/address.ts';
import { RESOURCE_NAMES } from '../../domain/kind.ts';
import { formatCount, plural } from '../views/count-words.ts';
import { sanitizeText } from '../views/sanitize-text.ts';
import type { IncumbentSettings } from './incumbent-settings.ts';
import type { Survey, SurveyedProject } from './survey-orgs.ts';

/** How many names a comment lists before it counts the rest. */
const LISTED = 40;

/**
 * Writes a spec for two organizations that plans as it stands: what must differ from the defaults is set, what a person
 * may want to decide is there as a comment with what was found. Never a key.
 */
export function renderSpec(survey: Survey, settings: IncumbentSettings | undefined): string {
  return [
    '# What bt-migrate copies, from where to where. What is left out has its default.',
    '# Next: bt-migrate plan -o plan.out, read what it prints, then: bt-migrate apply plan.out',
    'version: 1',
    '',
    '# Keys never stand in this file: name the environment variable that holds one.',
    ...orgLines('source', survey.source, 'BT_SOURCE_API_KEY'),
    ...orgLines('destination', survey.destination, 'BT_DEST_API_KEY'),
    '',
    '# Remembers what became of what. Relative to this file; keep it out of git and do not lose it.',
    'state:',
    '  path: bt-migrate.state.db',
    '  must_exist: false # true after the first apply: then a lost state is an error and not a fresh start',
    '',
    ...projectLines(survey.projects, settings?.projects ?? []),
    '',
    ...resourceLines(survey, settings?.resources ?? []),
    '',
    ...streamLines(settings),
    '',
    ...userLines(survey.strangers, settings?.invite),
    '',
    ...secretLines(survey.secrets),
    ...bundleLines(survey.bundles),
    'policy:',
    '  on_conflict: block # same name, other content, not written by us: block | update | skip',
    '  into_nonempty: block # rows into a container that holds rows of somebody else: block | merge',
    '  prune: false # true deletes what was created here and is gone from the source, at most max_deletes',
    '  max_deletes: 0',
    '',
    '# Never changed and never deleted, with everything in it.',
    '# protect: [project.Payments]',
    ...(settings?.parallelism === undefined ? [] : ['', 'limits:', `  parallelism: ${settings.parallelism}`]),
    ...leftLines(settings),
    '',
  ].join('\n');
}

function orgLines(side: string, org: Survey['source'], variable: string): string[] {
  return [
    `${side}:`,
    `  url: ${JSON.stringify(org.url)}`,
    `  api_key: "\${${variable}}"`,
    `  org: ${JSON.stringify(org.orgName)}`,
  ];
}

function projectLines(projects: readonly SurveyedProject[], chosen: readonly string[]): string[] {
  const include = chosen.length === 0 ? ['*'] : chosen;
  return [
    `# The source has ${plural(projects.length, 'project')}${projects.length === 0 ? '.' : ':'}`,
    ...clipped(projects.map(describeProject)),
    'projects:',
    `  include: ${JSON.stringify(include)} # names or globs`,
    '  exclude: [] # for example ["scratch-*"]',
    '  rename: {} # for example { "Support bot": "Support bot (prod)" }',
  ];
}

function describeProject({ name, counts, rows, inDestination }: SurveyedProject): string {
  const held = [...counts].map(([kind, count]) => plural(count, wordOf(kind), pluralOf(kind).replaceAll('_', ' ')));
  if (rows !== null && rows > 0) held.push(plural(rows, 'row'));
  const what = held.length === 0 ? 'no objects of its own' : held.join(', ');
  return `${JSON.stringify(name)}: ${what}${inDestination ? '; the destination has a project of this name' : ''}`;
}

function resourceLines({ unread }: Survey, chosen: readonly string[]): string[] {
  const names = Object.keys(RESOURCE_NAMES);
  return [
    '# all, or any of:',
    ...wrapped(names).map((line) => `#   ${line}`),
    'resources:',
    `  include: [${chosen.length === 0 ? 'all' : chosen.join(', ')}]`,
    '  exclude: []',
    ...(unread.length === 0
      ? []
      : [`  # The source key may not list ${unread.map(pluralOf).join(', ')}; what depends on them will be blocked.`]),
  ];
}

function streamLines(settings: IncumbentSettings | undefined): string[] {
  const { createdAfter, createdBefore } = settings?.logs ?? {};
  const bounds = [
    ...(createdAfter === undefined ? [] : [`created_after: ${JSON.stringify(createdAfter)}`]),
    ...(createdBefore === undefined ? [] : [`created_before: ${JSON.stringify(createdBefore)}`]),
  ];
  return [
    'streams:',
    bounds.length === 0
      ? '  # logs: { created_after: 2026-01-01, created_before: 2026-02-01 } # [after, before), UTC'
      : `  logs: { ${bounds.join(', ')} } # [after, before), UTC`,
    '  # experiments: { created_after: 2026-01-01 } # selects experiments by their own creation date',
    `  attachments: ${settings?.attachments ?? 'copy'} # copy | keep | skip`,
    '  on_row_conflict: skip # a row edited in the destination since it was written: skip | source',
  ];
}

function userLines(strangers: readonly string[], invite: boolean | undefined): string[] {
  return [
    '# People are matched by e-mail, never created.',
    ...(strangers.length === 0
      ? []
      : [
          `# ${plural(strangers.length, 'person')} of the source ${strangers.length === 1 ? 'is' : 'are'} not in the destination under that address:`.replace(
            'persons',
            'people',
          ),
          ...clipped(strangers.map((email) => JSON.stringify(email))),
        ]),
    'users:',
    '  map: {} # source e-mail: destination e-mail',
    `  invite: ${invite ?? false} # true: invite those that the destination does not have`,
  ];
}

function secretLines(addresses: readonly string[]): string[] {
  if (addresses.length === 0) return [];
  return [
    '# No API returns these values. What has none is created without it, and the plan says so; take out the "# " and',
    '# set the variable before apply.',
    '# secrets:',
    ...clipped(addresses.map((address) => `${quoted(address)}: "\${${variableOf(address)}}"`)),
    '',
  ];
}

function bundleLines(addresses: readonly string[]): string[] {
  if (addresses.length === 0) return [];
  return [
    '# The code of these functions was uploaded as a bundle, which no API returns: push it again from its repository.',
    '# Blocked until then; what is accepted does not count as blocked.',
    '# accept:',
    ...clipped(addresses.map((address) => `- { at: ${quoted(address)}, reason: pushed again from its repository }`)),
    '',
  ];
}

function leftLines(settings: IncumbentSettings | undefined): string[] {
  if (settings === undefined || settings.left.length === 0) return [];
  return [
    '',
    '# Not taken over from the environment of braintrust-migrate:',
    ...settings.left.map(({ name, why }) => `#   ${sanitizeText(name)}: ${why}`),
  ];
}

function clipped(lines: readonly string[]): string[] {
  const shown = lines.slice(0, LISTED).map((line) => `#   ${sanitizeText(line)}`);
  return lines.length > LISTED ? [...shown, `#   and ${formatCount(lines.length - LISTED)} more`] : shown;
}

function wrapped(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 110) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function quoted(address: string): string {
  const { kind, path } = parseAddress(address);
  return `'${formatAddress(kind, path).replaceAll("'", "''")}'`;
}

/** A name that a shell takes: the last segment, which is the secret's own name. */
function variableOf(address: string): string {
  const name = parseAddress(address).path.at(-1) ?? '';
  return name
    .toUpperCase()
    .replace(/[^A-Z0-9_]/g, '_')
    .replace(/^(?=\d|$)/, '_');
}

function wordOf(kind: string): string {
  return kind.replaceAll('_', ' ');
}

function pluralOf(kind: string): string {
  return Object.entries(RESOURCE_NAMES).find(([, singular]) => singular === kind)?.[0] ?? kind;
}
