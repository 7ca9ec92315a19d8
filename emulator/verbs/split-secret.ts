import type { KindDefinition } from '../kinds/kind-definition.ts';
import type { RequestContext } from '../route.ts';
import type { Fields, StoredObject } from '../store/object-table.ts';

/**
 * Moves a write-only value out of the fields and puts its preview there (fact sheet section 8).
 * A write without the value keeps the stored one.
 */
export function splitSecret(
  context: RequestContext,
  definition: KindDefinition,
  composed: Fields,
  known: StoredObject | null,
): { fields: Fields; hidden: Fields } {
  const name = Object.keys(definition.fields).find((field) => definition.fields[field]?.secret);
  if (name === undefined) return { fields: composed, hidden: known?.hidden ?? {} };
  const { [name]: value, ...fields } = composed;
  if (typeof value !== 'string') {
    const kept = ['preview_secret', 'secret_updated_at', 'secret_updated_by_user_id'];
    for (const key of kept) fields[key] = known?.fields[key] ?? null;
    return { fields, hidden: known?.hidden ?? {} };
  }
  fields.preview_secret = previewOf(value);
  fields.secret_updated_at = context.world.clock.iso();
  fields.secret_updated_by_user_id = context.user.id;
  return { fields, hidden: { [name]: value } };
}

/** First and last three characters, or stars when that would show too much. */
function previewOf(secret: string): string {
  return secret.length < 10 ? '********' : `${secret.slice(0, 3)}********${secret.slice(-3)}`;
}
