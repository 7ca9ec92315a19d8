import * as z from 'zod';
import { formatAddress, parseAddress, parsePattern } from '../domain/address.ts';
import { formatBaseUrl, isLoopbackHttp } from '../domain/base-url.ts';
import { BtMigrateError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { RESOURCE_KINDS, STREAM_KINDS } from '../domain/kind.ts';
import { nearestWord } from '../domain/nearest-word.ts';
import { showValue } from './problem.ts';

const ADDRESS_KINDS: readonly string[] = ['organization', ...RESOURCE_KINDS, ...STREAM_KINDS];
const VARIABLE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A group of keys: unknown ones are errors, and a key with nothing behind it counts as absent. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.preprocess(dropEmpty, z.strictObject(shape));
}

function dropEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

/** A text with something in it. */
export const name = z.string().check(
  z.refine((value) => value.trim() !== '', { error: 'must not be empty' }),
  z.refine((value) => !value.includes('\0'), { error: 'must not hold a NUL character' }),
);

/** `${NAME}`, giving the name. A literal is an error that does not repeat it. */
export const variable = parsed((text) => {
  const found = VARIABLE.exec(text)?.[1];
  if (found === undefined) {
    throw new Rejected(
      `must name an environment variable, like "\${BT_SOURCE_API_KEY}"; a key or secret itself does not belong into a file`,
    );
  }
  return found;
}).meta({ pattern: VARIABLE.source });

/** The address of an API, without a trailing slash. What may hold a credential is not repeated. */
export const baseUrl = parsed((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new Rejected(`is ${showValue(text, [])}, which is not a URL like https://HOST`);
  if (url.username !== '' || url.password !== '') throw new Rejected('must not hold a user name or a password');
  if (url.search !== '' || url.hash !== '') throw new Rejected('must not hold a query or a fragment');
  if (url.protocol !== 'https:' && !isLoopbackHttp(url)) {
    throw new Rejected(
      `is ${showValue(text, [])}; write https://HOST (plain http would send the API key unencrypted and is only used to this machine)`,
    );
  }
  return formatBaseUrl(url);
});

/** An instant, from a date (midnight UTC) or a date and time with a zone. */
export const instant = parsed((text) => {
  const date = DATE.test(text) ? realDate(text) : INSTANT.test(text) ? realDate(text.slice(0, 10)) : undefined;
  const time = date === undefined ? Number.NaN : Date.parse(text);
  if (Number.isNaN(time)) {
    throw new Rejected(
      `is ${showValue(text, [])}; write a date like 2026-01-31 (midnight UTC), or a time with its zone like 2026-01-31T18:00:00Z`,
    );
  }
  return new Date(time).toISOString();
});

/** A day, `YYYY-MM-DD`. */
export const day = parsed((text) => {
  const date = DATE.test(text) ? realDate(text) : undefined;
  if (date === undefined) throw new Rejected(`is ${showValue(text, [])}; write a date like 2026-01-31`);
  return date;
});

/** A pattern over addresses. */
export const pattern = parsed((text) => parsePattern(knownKind(text)));

/** One address, in its usual spelling. */
export const address = parsed((text) => {
  const { kind, path } = parseAddress(knownKind(text));
  return formatAddress(kind, path);
});

export const jsonObject = z.record(z.string(), z.unknown()).transform((fields) => fields as JsonObject);

/**
 * A record whose keys are read like its values. With `sameAs`, no two keys may have values for which it gives the same
 * text; it says why in `clash`.
 */
export function mapping<Value extends z.ZodType<unknown, string>>(
  key: z.ZodType<string, string>,
  value: Value,
  distinct?: { readonly sameAs: (value: z.output<Value>) => string; readonly clash: string },
) {
  return z.record(z.string(), value).transform((record, context) => {
    const result = new Map<string, z.output<Value>>();
    const taken = new Map<string, string>();
    for (const [text, member] of Object.entries(record)) {
      const read = key.safeParse(text);
      const message = !read.success
        ? (read.error.issues[0]?.message ?? '')
        : result.has(read.data)
          ? 'means the same as a key above it'
          : undefined;
      if (message !== undefined) context.addIssue({ code: 'custom', path: [text], message, params: { key: true } });
      else if (read.success) result.set(read.data, member as z.output<Value>);
      if (distinct === undefined) continue;
      const same = distinct.sameAs(member as z.output<Value>);
      const first = taken.get(same);
      if (first === undefined) taken.set(same, text);
      else {
        const why = `is ${showValue(member, [])}, which ${JSON.stringify(first)} has already; ${distinct.clash}`;
        context.addIssue({ code: 'custom', path: [text], message: why });
      }
    }
    return result;
  });
}

function knownKind(text: string): string {
  const kind = text.split('.', 1)[0] ?? '';
  const near = nearestWord(kind, ADDRESS_KINDS);
  if (ADDRESS_KINDS.includes(kind) || near === undefined) return text;
  throw new Rejected(`is ${showValue(text, [])}; "${kind}" is not a kind. Did you mean "${near}"?`);
}

/** Why a text is not accepted: continues a sentence that begins with its place. */
class Rejected extends Error {}

function parsed<Value>(parse: (text: string) => Value) {
  return z.string().transform((text, context): Value => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof Rejected || error instanceof BtMigrateError)) throw error;
      const message = error instanceof BtMigrateError ? `cannot be used: ${error.detail}` : error.message;
      context.addIssue({ code: 'custom', message, input: text });
      return z.NEVER;
    }
  });
}

function realDate(text: string): string | undefined {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === text ? text : undefined;
}
