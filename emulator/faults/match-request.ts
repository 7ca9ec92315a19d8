import type { FaultMatch } from './fault-rule.ts';

/** What a rule may look at. */
export interface FaultSubject {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly org: string | null;
  body(): Promise<Buffer>;
}

/** True when everything that the rule asks for holds. The body is read only when nothing else has failed. */
export async function matchesRequest(match: FaultMatch, subject: FaultSubject): Promise<boolean> {
  if (match.method !== undefined && match.method.toUpperCase() !== subject.method) return false;
  if (match.path !== undefined && !pathPattern(match.path).test(subject.path)) return false;
  if (match.org !== undefined && match.org !== subject.org) return false;
  if (match.queryIncludes !== undefined && !subject.query.includes(match.queryIncludes)) return false;
  if (match.bodyIncludes === undefined && match.limitAbove === undefined && match.sizeAbove === undefined) return true;
  const body = await subject.body();
  if (match.sizeAbove !== undefined && body.length <= match.sizeAbove) return false;
  if (match.bodyIncludes !== undefined && !body.includes(match.bodyIncludes)) return false;
  return match.limitAbove === undefined || requestedLimit(subject.query, body) > match.limitAbove;
}

const patterns = new Map<string, RegExp>();

function pathPattern(text: string): RegExp {
  const known = patterns.get(text);
  if (known !== undefined) return known;
  const regular = /^\/(.*)\/([a-z]*)$/.exec(text);
  const isExpression = regular !== null && /[\^$\\()[\]|+]/.test(text);
  const pattern = isExpression
    ? new RegExp(regular[1] ?? '', regular[2])
    : new RegExp(
        `^${text
          .replace(/[.+^${}()|[\]\\]/g, '\\$&')
          .replace(/\*/g, '.*')
          .replace(/\?/g, '.')}$`,
      );
  patterns.set(text, pattern);
  return pattern;
}

/** The `limit` of a list, a fetch or a query in any of its forms; 0 when there is none. */
export function requestedLimit(query: string, body: Buffer): number {
  const asked = Number(new URLSearchParams(query).get('limit') ?? 0);
  if (asked > 0 || body.length === 0 || body.length > 1_000_000) return asked;
  const text = body.toString('utf8');
  const found = /"limit"\s*:\s*(\d+)|(?:\b|\\n)limit\s*:?\s*(\d+)/i.exec(text);
  return found === null ? 0 : Number(found[1] ?? found[2]);
}
