import { type Address, parseAddress } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { compareText, type JsonObject } from '../domain/json.ts';
import { nearestWord } from '../domain/nearest-word.ts';
import type { Spec } from '../domain/spec.ts';
import { formatPath, type SpecPath } from '../domain/spec-path.ts';

/** True when the spec selects a source project of this name. */
export function selectsProject(spec: Spec, name: string): boolean {
  return (
    spec.projects.include.some((glob) => matchesGlob(glob, name)) &&
    !spec.projects.exclude.some((glob) => matchesGlob(glob, name))
  );
}

/** True when the spec selects every project there can be. */
export function selectsAllProjects(spec: Spec): boolean {
  return spec.projects.include.includes('*') && spec.projects.exclude.length === 0;
}

/** Above this many selected projects, listing the whole organization takes fewer requests than asking per project. */
const FEW_PROJECTS = 8;

/** Whether so many selected projects are listed one by one. */
export function listsByProject(spec: Spec, selected: number): boolean {
  return !selectsAllProjects(spec) && selected <= FEW_PROJECTS;
}

/** The selected ones of these source projects when they are listed one by one, else undefined. */
export function listedProjects(spec: Spec, projects: readonly Address[]): Address[] | undefined {
  const selected = projects.filter((address) => selectsProject(spec, parseAddress(address).path[0] ?? ''));
  return listsByProject(spec, selected.length) ? selected : undefined;
}

/** The name that a source project has in the destination. */
export function renamedProject(spec: Spec, sourceName: string): string {
  return spec.projects.rename.get(sourceName) ?? sourceName;
}

/**
 * Checks that every project the spec names, without wildcards, exists in the source.
 * @throws BTM_UNKNOWN_PROJECT with the place of each name that does not, and what was probably meant.
 */
export function checkProjectNames(spec: Spec, projects: readonly JsonObject[]): void {
  const existing = new Set(projects.map((project) => String(project.name)));
  const unknown = namedProjects(spec).filter(({ name }) => !existing.has(name));
  if (unknown.length === 0) return;
  const names = [...existing].sort(compareText);
  const lines = unknown.map(({ name, path }) => {
    const near = nearestWord(name, names);
    const meant = near === undefined ? '' : ` Did you mean ${JSON.stringify(near)}?`;
    const key = formatPath(path);
    return `${spec.places.get(key) ?? ''}${key} names ${JSON.stringify(name)}, but the source has no project of that name.${meant}`;
  });
  const some = names.slice(0, 10).map((name) => JSON.stringify(name));
  throw new BtMigrateError('BTM_UNKNOWN_PROJECT', {
    detail: lines.join('\n'),
    hint: `The source has ${existing.size} projects${some.length > 0 ? `, such as ${some.join(', ')}` : ''}. Correct "projects" in the spec; names are case-sensitive.`,
  });
}

/** The projects that the spec names without wildcards, each with its place in the spec. */
export function namedProjects({ projects }: Spec): { readonly name: string; readonly path: SpecPath }[] {
  const { include, exclude, rename } = projects;
  return [
    ...[
      ...include.map((name, index) => ({ name, path: ['projects', 'include', index] })),
      ...exclude.map((name, index) => ({ name, path: ['projects', 'exclude', index] })),
    ].filter(({ name }) => !isGlob(name)),
    ...[...rename.keys()].map((name) => ({ name, path: ['projects', 'rename', name] })),
  ];
}

/** True for a name that stands for any number of projects. */
export function isGlob(name: string): boolean {
  return /[*?]/.test(name);
}

/**
 * Matches `*` (any run of characters) and `?` (one character); everything else is literal. When a match breaks off, only
 * the last star takes one more character, so that no pattern takes more than its length times that of the name.
 */
export function matchesGlob(glob: string, name: string): boolean {
  const pattern = [...glob];
  const text = [...name];
  let at = 0;
  let star: { readonly pattern: number; text: number } | undefined;
  for (let position = 0; position < text.length; ) {
    if (pattern[at] === '*') {
      star = { pattern: at, text: position };
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[position])) {
      at += 1;
      position += 1;
    } else if (star === undefined) return false;
    else {
      star.text += 1;
      position = star.text;
      at = star.pattern + 1;
    }
  }
  return pattern.slice(at).every((char) => char === '*');
}
