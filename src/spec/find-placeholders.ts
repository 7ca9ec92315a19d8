import { formatPath, type SpecPath } from '../domain/spec-path.ts';
import { holdsCredential } from './problem.ts';

const PLACEHOLDER = /\$\{[A-Za-z_][A-Za-z0-9_]*\}/;

export interface MisplacedPlaceholder {
  readonly path: SpecPath;
  readonly message: string;
}

/**
 * Finds `${NAME}` where it is not replaced: everywhere but in keys and secrets. What `overrides` writes and the words
 * of a `reason` are the user's own text and may hold anything.
 */
export function findPlaceholders(value: unknown, path: SpecPath = []): MisplacedPlaceholder[] {
  if (holdsCredential(path) || path.at(-1) === 'reason' || (path[0] === 'overrides' && path[2] === 'set')) return [];
  if (typeof value === 'string') {
    const found = PLACEHOLDER.exec(value)?.[0];
    if (found === undefined) return [];
    const message = `${formatPath(path)} holds ${found}, but environment variables are only read in api_key and secrets.`;
    return [{ path, message }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    findPlaceholders(member, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
