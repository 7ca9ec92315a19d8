import { BtMigrateError } from './errors.ts';
import { compareText } from './json.ts';
import { type AddressKind, isResourceKind, STREAM_KINDS } from './kind.ts';

const BARE_SEGMENT = /^[A-Za-z0-9_-]+$/;
const SEGMENT = /(?:\.)(?:([A-Za-z0-9_-]+)|("(?:[^"\\]|\\.)*")|(\*))/y;

/** The text form of an address: `prompt.Support-bot.triage`, `project."My app"`. Stable across both organizations. */
export type Address = string;

export interface AddressParts {
  readonly kind: AddressKind;
  readonly path: readonly string[];
}

/** Writes an address; a segment outside `[A-Za-z0-9_-]` becomes a JSON string (contract section 6). */
export function formatAddress(kind: AddressKind, path: readonly string[]): Address {
  let text: string = kind;
  for (const segment of path) text += BARE_SEGMENT.test(segment) ? `.${segment}` : `.${JSON.stringify(segment)}`;
  return text;
}

/**
 * Reads an address back into its kind and verbatim segments.
 * @throws BTM_USAGE when the text is not an address, or holds a wildcard.
 */
export function parseAddress(text: string): AddressParts {
  const { kind, segments } = parsePattern(text);
  return {
    kind,
    path: segments.map((segment) => {
      if (segment !== WILDCARD) return segment;
      throw invalid(text, '"*" is only allowed in a pattern.');
    }),
  };
}

const WILDCARD = Symbol('*');

/** A pattern over addresses: `*` stands for one whole segment. */
export interface AddressPattern {
  readonly text: string;
  readonly kind: AddressKind;
  readonly segments: readonly (string | typeof WILDCARD)[];
}

/**
 * Reads an address pattern.
 * @throws BTM_USAGE naming the text and what is wrong with it.
 */
export function parsePattern(text: string): AddressPattern {
  const kind = /^[a-z_]+/.exec(text)?.[0] ?? '';
  if (!isAddressKind(kind)) throw invalid(text, `"${kind}" is not a kind.`);
  const segments: (string | typeof WILDCARD)[] = [];
  let at = kind.length;
  while (at < text.length) {
    SEGMENT.lastIndex = at;
    const match = SEGMENT.exec(text);
    if (match === null) throw invalid(text, `Cannot read it from character ${at + 1}.`);
    segments.push(match[3] !== undefined ? WILDCARD : (match[1] ?? unquote(text, match[2] ?? '""')));
    at += match[0].length;
  }
  if (segments.length === 0) throw invalid(text, 'It has no path.');
  return { text, kind, segments };
}

/** True when the pattern names exactly this address, `*` matching any one segment. */
export function matchesPattern(pattern: AddressPattern, address: Address): boolean {
  // Most rules are about another kind, and plans have 100,000 addresses.
  if (kindOf(address) !== pattern.kind) return false;
  const { path } = parseAddress(address);
  if (path.length !== pattern.segments.length) return false;
  return pattern.segments.every((segment, index) => segment === WILDCARD || segment === path[index]);
}

export function compareAddresses(a: Address, b: Address): number {
  return compareText(a, b);
}

export function kindOf(address: Address): AddressKind {
  const dot = address.indexOf('.');
  return (dot < 0 ? address : address.slice(0, dot)) as AddressKind;
}

function isAddressKind(text: string): text is AddressKind {
  return text === 'organization' || isResourceKind(text) || (STREAM_KINDS as readonly string[]).includes(text);
}

function unquote(text: string, quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw invalid(text, `${quoted} is not a JSON string.`);
  }
}

function invalid(text: string, why: string): BtMigrateError {
  return new BtMigrateError('BTM_USAGE', {
    detail: `"${text}" is not an address. ${why}`,
    hint: 'Write kind.path, for example prompt.Support-bot.triage or project."My app"; quote a segment that holds anything but letters, digits, "_" and "-".',
  });
}
