import { BtMigrateError } from '../domain/errors.ts';
import { isResourceKind } from '../domain/kind.ts';
import type { Spec } from '../domain/spec.ts';
import { formatPath } from '../domain/spec-path.ts';
import type { ProviderDefinition } from '../providers/define-provider.ts';
import { PROVIDERS } from '../providers/registry.ts';

/**
 * Refuses overrides that would give several objects one name, or set what the API does not take.
 * @throws BTM_SPEC_INVALID naming the address, the field and the fields that can be set.
 */
export function checkOverrides(spec: Spec): void {
  for (const [index, { at, set }] of spec.overrides.entries()) {
    const place = spec.places.get(formatPath(['overrides', index])) ?? '';
    const refused = (why: string, allowed: readonly string[] = []): BtMigrateError =>
      overrideError(`${place}The override at ${at.text} cannot be applied. ${why}`, allowed);
    if (!isResourceKind(at.kind)) throw refused(`${at.kind} has no fields to set.`);
    const definition = PROVIDERS[at.kind];
    const fixed = placeFields(definition);
    const allowed = Object.keys(definition.fields.shape).filter((field) => !fixed.has(field));
    for (const path of Object.keys(set)) {
      const field = path.split('.', 1)[0] ?? path;
      if (allowed.includes(field)) continue;
      const why = fixed.has(field)
        ? `"${field}" is what a ${at.kind} is found by, so setting it would make one object of several.`
        : `A ${at.kind} has no field "${field}".`;
      throw refused(why, allowed);
    }
  }
}

// What an object is found by: its key and its owner.
function placeFields({ key, owner }: ProviderDefinition): Set<string> {
  const place =
    owner.in === 'container' ? [owner.field] : owner.in === 'object' ? [owner.typeField, owner.idField] : [];
  return new Set([...place, ...key.flatMap((fields) => fields.split('|'))]);
}

function overrideError(detail: string, allowed: readonly string[]): BtMigrateError {
  return new BtMigrateError('BTM_SPEC_INVALID', {
    detail,
    hint:
      allowed.length === 0
        ? 'Remove it from "overrides".'
        : `Allowed here: ${allowed.join(', ')}. To rename a project, use "projects.rename".`,
  });
}
