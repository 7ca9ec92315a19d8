import { isArray, isObject, type Json, JsonNumber } from '../../domain/json.ts';
import { plural } from './count-words.ts';

/** What a value is and how large, without anything of what it says. */
export function describeSize(value: Exclude<Json, null>): string {
  if (typeof value === 'boolean') return 'true or false';
  if (typeof value === 'number' || value instanceof JsonNumber) return 'number';
  if (isArray(value)) return `list of ${plural(value.length, 'item')}`;
  if (isObject(value)) return `object of ${plural(Object.keys(value).length, 'member')}`;
  const lines = value.split('\n').length;
  return `text of ${plural(value.length, 'character')}${lines > 1 ? ` in ${plural(lines, 'line')}` : ''}`;
}
