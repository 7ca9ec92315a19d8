import { ApiError } from '../api-error.ts';

/** One finding in the shape that the service's validator prints. */
export interface Issue {
  readonly code: string;
  readonly message: string;
  readonly path: readonly (string | number)[];
  readonly validation?: string;
  readonly expected?: string;
  readonly received?: string;
}

/** 400 text: a pretty-printed list of issues, keys in the recorded order (fact sheet 1.5). */
export function invalid(...issues: Issue[]): ApiError {
  const printed = issues.map(({ validation, code, expected, received, message, path }) =>
    validation === undefined ? { code, expected, received, path, message } : { validation, code, message, path },
  );
  return new ApiError(400, JSON.stringify(printed, null, 2));
}

export function invalidUuid(path: readonly (string | number)[]): ApiError {
  return invalid({ validation: 'uuid', code: 'invalid_string', message: 'Invalid uuid', path });
}

/** 400 text naming keys that the body may not have (fact sheet 10.1.5). */
export function extraneous(keys: readonly string[]): ApiError {
  return new ApiError(400, `Extraneous key${keys.length === 1 ? '' : 's'} [${keys.join(', ')}] provided`);
}

/** The permission-blind wording for something absent or foreign (fact sheet 1.5). */
export function missing(access: string, kind: string, id: string): string {
  return `Missing ${access} access to ${kind} id ${id}, or the ${kind} does not exist`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}
