import { formatAddress, parseAddress } from '../domain/address.ts';
import { formatPath, type SpecPath } from '../domain/spec-path.ts';
import type { YamlText } from './parse-yaml.ts';
import { placeOf } from './problem.ts';

/**
 * Where the entries stand that only a plan can check, `migration.yaml:12:5: `, by their path in the spec: names of
 * projects, overrides, and secrets, whose addresses count in their usual spelling.
 */
export function placeEntries(file: string, yaml: YamlText): Map<string, string> {
  const places = new Map<string, string>();
  const projects = memberOf(yaml.value, 'projects');
  const put = (path: SpecPath, at: Parameters<typeof placeOf>[1]): void => {
    places.set(formatPath(path), placeOf(file, at));
  };
  for (const list of ['include', 'exclude']) {
    const names = memberOf(projects, list);
    if (!Array.isArray(names)) continue;
    for (const index of names.keys()) {
      const path = ['projects', list, index];
      put(path, yaml.locateValue(path));
    }
  }
  for (const name of Object.keys(memberOf(projects, 'rename') ?? {})) {
    const path = ['projects', 'rename', name];
    put(path, yaml.locateKey(path));
  }
  const overrides = memberOf(yaml.value, 'overrides');
  if (Array.isArray(overrides)) {
    for (const index of overrides.keys()) put(['overrides', index], yaml.locateValue(['overrides', index, 'at']));
  }
  for (const text of Object.keys(memberOf(yaml.value, 'secrets') ?? {})) {
    const { kind, path } = parseAddress(text);
    put(['secrets', formatAddress(kind, path)], yaml.locateKey(['secrets', text]));
  }
  return places;
}

function memberOf(value: unknown, key: string): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const member = (value as Readonly<Record<string, unknown>>)[key];
  return typeof member === 'object' && member !== null ? member : undefined;
}
