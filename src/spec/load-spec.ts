/*
 * spec/ turns migration.yaml and the environment into a checked Spec: YAML, then zod, then defaults and variables. It
 * reads one file and never the process environment; it reports everything that is wrong at once, with line and column,
 * and never repeats a value that may be a credential.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { BtMigrateError } from '../domain/errors.ts';
import type { Spec } from '../domain/spec.ts';
import { formatPath } from '../domain/spec-path.ts';
import { buildSpec } from './build-spec.ts';
import { allowedKeys, describeIssues } from './describe-issue.ts';
import { findPlaceholders } from './find-placeholders.ts';
import { parseYaml } from './parse-yaml.ts';
import { placeEntries } from './place-entries.ts';
import { type Problem, placeOf, specInvalid } from './problem.ts';
import { type Environment, resolveOrg } from './resolve-org.ts';
import { specSchema } from './spec-schema.ts';

const MAX_BYTES = 4 * 1024 * 1024;

export interface SpecSource {
  /** Path of the file; relative paths in the spec are relative to its folder. */
  readonly path: string;
  /** Its text, when it is already at hand. */
  readonly text?: string;
  readonly env: Environment;
}

/**
 * Reads and checks a spec.
 * @throws BTM_SPEC_UNREADABLE when there is no such file or it is not text,
 *   BTM_SPEC_INVALID with every problem in it,
 *   BTM_URL_MISMATCH when it names another host than `BT_SOURCE_URL` or `BT_DEST_URL`,
 *   BTM_SAME_ORG when both sides are reached the same way.
 */
export function loadSpec({ path, text = readText(path), env }: SpecSource): Spec {
  const file = basename(path);
  const yaml = parseYaml(text);
  if (yaml.problems.length > 0) throw specInvalid(file, yaml.problems);

  const value = yaml.value ?? {};
  const placeholders = findPlaceholders(value);
  const read = specSchema.safeParse(value, { error: allowedKeys });
  const source = read.success ? resolveOrg(read.data.source, 'BT_SOURCE_URL', env) : undefined;
  const destination = read.success ? resolveOrg(read.data.destination, 'BT_DEST_URL', env) : undefined;
  const misplaced = new Set(placeholders.map((found) => formatPath(found.path)));
  const issues = (read.error?.issues ?? []).filter(
    (issue) => !misplaced.has(formatPath(issue.path as (string | number)[])),
  );
  const problems: Problem[] = [
    ...placeholders.map(({ path: at, message }) => ({ ...yaml.locateValue(at), message })),
    ...describeIssues(issues, yaml),
    ...(source?.problems ?? []),
    ...(destination?.problems ?? []),
  ];
  if (problems.length > 0 || source === undefined || destination === undefined || !read.success) {
    throw specInvalid(file, problems);
  }

  const mismatches = Object.entries({ source, destination }).flatMap(([side, { mismatch, ref }]) => {
    if (mismatch === undefined) return [];
    const place = placeOf(file, yaml.locateValue([side, 'url']));
    return [`${place}${side}.url is ${ref.url}, but ${mismatch.variable} is ${mismatch.url}.`];
  });
  if (mismatches.length > 0) {
    throw new BtMigrateError('BTM_URL_MISMATCH', {
      detail: `${mismatches.join('\n')}\nThe key in the environment is only sent to the host that the environment names.`,
      hint: 'Make both equal, or remove url from the spec.',
    });
  }
  return buildSpec(read.data, source.ref, destination.ref, {
    folder: dirname(resolve(path)),
    env,
    places: placeEntries(file, yaml),
  });
}

function readText(path: string): string {
  try {
    if (statSync(path).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES / 1024 / 1024} MiB`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new BtMigrateError('BTM_SPEC_UNREADABLE', {
      detail: missing ? `There is no file ${path}.` : `${path} cannot be read: ${(cause as Error).message}.`,
      hint: missing
        ? 'Name the spec with --file, or write migration.yaml here; an empty file migrates everything with the keys in BT_SOURCE_API_KEY and BT_DEST_API_KEY.'
        : 'A spec is a UTF-8 text file; name another with --file.',
      cause,
    });
  }
}
