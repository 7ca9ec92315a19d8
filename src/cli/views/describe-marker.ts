import { parseAddress } from '../../domain/address.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { markerText } from '../../domain/marker.ts';
import { clipText } from './clip-text.ts';

/**
 * Says in words what a marker stands for, or returns undefined for an ordinary value. User data may have the shape of a
 * marker (JSON Schema knows `$ref` too); then its text decides: an address, or the name of a variable.
 */
export function describeMarker(value: Json | undefined): string | undefined {
  if (!isObject(value)) return undefined;
  const ref = markerText(value, '$ref');
  if (ref === 'organization') return 'the organization';
  if (ref !== undefined) return isAddress(ref) ? clipText(ref) : undefined;
  const version = markerText(value, '$version');
  if (version?.startsWith('dataset_rows.') && isAddress(version))
    return `(the version that the copy of ${clipText(version)} ends with)`;
  if (version !== undefined) return isAddress(version) ? `(newest version of ${clipText(version)})` : undefined;
  const secret = markerText(value, '$secret');
  if (secret !== undefined) return /^\w+$/.test(secret) ? `(set from $${clipText(secret)} at apply)` : undefined;
  if (markerText(value, '$from_source') !== undefined) return '(secret, read from the source at apply)';
  const redacted = redactedText(value);
  if (redacted !== undefined) return `(${clipText(redacted)})`;
  return describeLoss(value);
}

/** Says what is wrong when the value is a marker for something that no other organization can have. */
export function describeLoss(value: Json): string | undefined {
  const missing = markerText(value, '$missing');
  if (missing !== undefined && /^[a-z_]+:\S*$/.test(missing))
    return `(missing: nothing answers to ${clipText(missing)})`;
  const pin = markerText(value, '$pin');
  if (pin !== undefined && isAddress(pin.slice(0, pin.lastIndexOf('@'))))
    return `(pinned to ${clipText(pin)}, an older version)`;
  return undefined;
}

/** The text of a redacted value, or undefined for any other value. */
function redactedText(value: JsonObject): string | undefined {
  const text = value.$redacted;
  return typeof text === 'string' && Object.keys(value).length === 1 ? text : undefined;
}

function isAddress(text: string): boolean {
  try {
    parseAddress(text);
    return true;
  } catch {
    return false;
  }
}
