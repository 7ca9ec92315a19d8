import { createHash } from 'node:crypto';
import { type Address, formatAddress, parseAddress } from './address.ts';
import { isArray, isObject, type Json, setKey } from './json.ts';
import type { ActionId } from './plan.ts';

// Wide on purpose: taking a version such as `scorer@2` for an e-mail address costs readability, missing one leaks it.
const EMAIL = /[^\s:,;<>()"@]+@[^\s:,;<>()"@]+/gu;

/**
 * Replaces every e-mail address in a text by `email~` and 16 hex digits, the same for the same address within one
 * lineage. States hold no e-mail addresses; a lineage is random, so that two states cannot be joined by person.
 * Applying it twice changes nothing. A null lineage means an empty state, in which there is nothing to compare with.
 */
export function storedText(lineage: string | null, text: string): string {
  if (lineage === null || !text.includes('@')) return text;
  return text.replace(EMAIL, (email) => {
    const digest = createHash('sha256').update(`${lineage}\0${email}`, 'utf8').digest('hex');
    return `email~${digest.slice(0, 16)}`;
  });
}

/** The form in which a state of this lineage keeps an address. Throws BTM_USAGE when the text is not an address. */
export function storedAddress(lineage: string | null, address: Address): Address {
  if (!address.includes('@')) return address;
  const { kind, path } = parseAddress(address);
  return formatAddress(
    kind,
    path.map((segment) => storedText(lineage, segment)),
  );
}

/** The form in which a state of this lineage keeps `op:address`. */
export function storedActionId(lineage: string | null, actionId: ActionId): ActionId {
  if (!actionId.includes('@')) return actionId;
  const colon = actionId.indexOf(':');
  return `${actionId.slice(0, colon)}:${storedAddress(lineage, actionId.slice(colon + 1))}`;
}

/**
 * A JSON document, such as an event or a report, in which every e-mail address has its stored form, so that it can be
 * compared with a state. Members called `address` hold addresses, `id` and `because_of` hold `op:address`.
 */
export function storedJson(lineage: string, value: Json, name = ''): Json {
  if (typeof value === 'string') return storedMember(lineage, name, value);
  if (isArray(value)) return value.map((item) => storedJson(lineage, item, name));
  // What masks itself when it is written down, such as a secret, must not be taken apart.
  if (!isObject(value) || 'toJSON' in value) return value;
  const stored: Record<string, Json> = {};
  for (const key of Object.keys(value)) setKey(stored, key, storedJson(lineage, value[key] as Json, key));
  return stored;
}

function storedMember(lineage: string, name: string, text: string): string {
  if (!text.includes('@')) return text;
  try {
    if (name === 'address') return storedAddress(lineage, text);
    if (name === 'id' || name === 'because_of') return storedActionId(lineage, text);
  } catch {
    // Something else that is called so; its text is enough.
  }
  return storedText(lineage, text);
}

/** The form in which a state of this lineage keeps `address#path`. */
export function storedSecretName(lineage: string | null, name: string): string {
  if (!name.includes('@')) return name;
  const hash = /^(?:"(?:[^"\\]|\\.)*"|[^"#])*/.exec(name)?.[0].length ?? name.length;
  return storedAddress(lineage, name.slice(0, hash)) + storedText(lineage, name.slice(hash));
}
