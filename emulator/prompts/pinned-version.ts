import { ApiError } from '../api-error.ts';
import { parseVersion } from '../encoding/pretty-version.ts';
import type { RequestContext } from '../route.ts';
import type { Fields, StoredObject } from '../store/object-table.ts';
import { findAssignment } from './assign-environments.ts';
import { promptAt } from './prompt-table.ts';

/**
 * The version that `version` (decimal or pretty) or `environment` asks for, else the newest (fact sheet 2.3).
 * @throws ApiError 400 when both are given, when neither form fits, or when nothing is there.
 */
export function pinnedVersion(context: RequestContext, kind: string, stored: StoredObject): Fields {
  const version = context.query.get('version');
  const environment = context.query.get('environment');
  if (version === null && environment === null) return stored.fields;
  if (version !== null && environment !== null) {
    throw new ApiError(400, 'Only one of version and environment can be provided', 'json');
  }
  const wanted = version ?? assignedVersion(context, kind, stored, environment ?? '');
  const xact = parseVersion(wanted);
  if (xact === null) throw new ApiError(400, `Invalid version: ${wanted}`, 'json');
  const found = promptAt(context.world, stored.id, xact);
  if (found === undefined) throw new ApiError(400, `${kind} ${stored.id} has no version ${wanted}`, 'json');
  return found;
}

function assignedVersion(context: RequestContext, kind: string, stored: StoredObject, environment: string): string {
  const assignment = findAssignment(context.world, stored.id, environment);
  if (assignment !== undefined) return String(assignment.fields.object_version);
  throw new ApiError(400, `${kind} ${stored.id} has no version in environment ${environment}`, 'json');
}
