import { type AddressPattern, kindOf, parseAddress, parsePattern } from '../domain/address.ts';
import { compareText } from '../domain/json.ts';
import { isResourceKind } from '../domain/kind.ts';
import { nearestWord } from '../domain/nearest-word.ts';
import type { PlanNotice, PlannedAction } from '../domain/plan.ts';
import type { Inventory } from '../domain/resource.ts';
import type { AcceptRule, IgnoreRule, Spec } from '../domain/spec.ts';
import { isGlob, matchesGlob } from '../inventory/select-projects.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { covers } from './accept-rule.ts';
import { EntryMatches, type Reach } from './entry-matches.ts';
import type { PlanInputs } from './plan-inputs.ts';

/** Days before an agreement ends in which a plan says so. */
const SOON_DAYS = 14;

type Inputs = Pick<PlanInputs, 'spec' | 'source' | 'destination' | 'asOf'>;

/**
 * What the writer of the spec should know, although nothing is wrong with the plan: entries that match nothing (a typo
 * under `protect` would protect nothing), and agreements that have ended or soon will.
 */
export function listNotices(inputs: Inputs, actions: readonly PlannedAction[]): PlanNotice[] {
  const notices = [...unmatched(inputs, actions), ...ending(inputs, actions)];
  return notices.sort(
    (a, b) =>
      compareText(a.section, b.section) ||
      compareText(a.entry, b.entry) ||
      compareText(a.path ?? '', b.path ?? '') ||
      compareText(a.code, b.code),
  );
}

function unmatched({ spec, source, destination }: Inputs, actions: readonly PlannedAction[]): PlanNotice[] {
  const emptied = new Set(
    actions.filter(({ reason }) => reason === 'empty_source').map(({ address }) => `${kindOf(address)}.*`),
  );
  const matches = new EntryMatches(spec, source, destination);
  const check = (section: PlanNotice['section'], pattern: AddressPattern, reach: Reach): PlanNotice[] => {
    if (!matches.misses(pattern, reach)) return [];
    const nearest = matches.nearest(pattern, reach);
    return [{ code: 'matches_nothing', section, entry: pattern.text, ...(nearest === undefined ? {} : { nearest }) }];
  };
  const people = [...spec.users.map.keys()].filter((email) => matches.missesPerson(email));
  return [
    ...emptyGlobs(spec, source),
    ...people.map((entry): PlanNotice => ({ code: 'matches_nothing', section: 'users.map', entry })),
    ...[...spec.secrets.keys()].flatMap((address) => check('secrets', parsePattern(address), 'source')),
    ...spec.overrides.flatMap(({ at }) => check('overrides', at, 'source')),
    ...spec.protect.flatMap((pattern) => check('protect', pattern, 'either')),
    ...spec.accept.filter(({ at }) => !emptied.has(at.text)).flatMap(({ at }) => check('accept', at, 'either')),
    ...spec.ignore.flatMap((rule) => [...check('ignore', rule.at, 'either'), ...unknownField(rule)]),
  ];
}

// Names without wildcards are checked when the projects are read; a glob under `exclude` may be there for later.
function emptyGlobs({ projects }: Spec, source: Inventory): PlanNotice[] {
  const names = [...source.resources.values()]
    .filter(({ kind }) => kind === 'project')
    .map(({ address }) => parseAddress(address).path[0] ?? '');
  return projects.include
    .filter((glob) => isGlob(glob) && !names.some((name) => matchesGlob(glob, name)))
    .map((entry) => ({ code: 'matches_nothing', section: 'projects.include', entry }));
}

function unknownField({ at, path }: IgnoreRule): PlanNotice[] {
  if (!isResourceKind(at.kind)) return [];
  const fields = Object.keys(PROVIDERS[at.kind].fields.shape);
  const field = path.split(/[.[]/, 1)[0] ?? path;
  if (fields.includes(field)) return [];
  const nearest = nearestWord(field, fields);
  const base = { code: 'matches_nothing', section: 'ignore', entry: at.text, path } as const;
  return [nearest === undefined ? base : { ...base, nearest }];
}

function ending({ spec, asOf }: Inputs, actions: readonly PlannedAction[]): PlanNotice[] {
  const blocked = actions.filter(({ op, address }) => op === 'blocked' && !address.endsWith('.*'));
  const accepts = spec.accept.flatMap((rule) => {
    const code = endingCode(rule, asOf);
    if (code === undefined) return [];
    const affected = blocked.filter(
      ({ address, reason, accepted }) =>
        covers(rule, address, reason) && (accepted === undefined) === (code === 'agreement_expired'),
    );
    return [{ code, section: 'accept', ...endOf(rule), count: affected.length } as const];
  });
  const ignores = spec.ignore.flatMap((rule) => {
    const code = endingCode(rule, asOf);
    return code === undefined ? [] : [{ code, section: 'ignore', ...endOf(rule), path: rule.path } as const];
  });
  return [...accepts, ...ignores];
}

function endingCode({ expires }: AcceptRule, asOf: string): 'agreement_expired' | 'agreement_expires_soon' | undefined {
  if (expires === undefined) return undefined;
  if (expires < asOf) return 'agreement_expired';
  const days = (Date.parse(expires) - Date.parse(asOf)) / 86_400_000;
  return days <= SOON_DAYS ? 'agreement_expires_soon' : undefined;
}

function endOf({ at, expires = '' }: AcceptRule): Pick<PlanNotice, 'entry' | 'expires'> {
  return { entry: at.text, expires };
}
