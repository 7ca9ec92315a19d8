import type { Json, JsonObject } from '../../domain/json.ts';
import { markerText } from '../../domain/marker.ts';
import { clipText } from './clip-text.ts';
import { inlineValue } from './render-value.ts';

/** Says who has which right on what, to follow a verb such as "gives", or returns undefined for fields that are no grant. Sanitised. */
export function grantWords(fields: JsonObject): string | undefined {
  const grantee = fields.user_id ?? fields.group_id;
  const right = fields.permission ?? fields.role_id;
  const { object_id: object, object_type: type, restrict_object_type: only } = fields;
  if (!isThere(grantee) || !isThere(right) || !isThere(object) || !isThere(type)) return undefined;
  const what = fields.permission === right ? `the permission ${word(right)}` : `the role ${word(right)}`;
  const kind = markerText(object, '$ref')?.split('.')[0];
  const on = kind === type ? word(object) : `${word(type)} of ${word(object)}`;
  return `${word(grantee)} ${what} on ${on}${isThere(only) ? `, only for objects of type ${word(only)}` : ''}`;
}

function isThere(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null;
}

function word(value: Json): string {
  return typeof value === 'string' ? clipText(value) : (inlineValue(value) ?? '(long)');
}
