import type { FaultMatch } from './fault-rule.ts';

/** What a rule may look at. */
export interface FaultSubject {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly org: string | null;
  body(): Promise<Buffer>;
  /** Carries the request out. */
  answer(): Promise<Buffer>;
}

/** True when everything that the rule asks for holds. What costs most is looked at last. */
export async function matchesRequest(match: FaultMatch, subject: FaultSubject): Promise<boolean> {
  if (match.method !== undefined && match.method.toUpperCase() !== subject.method) return false;
  if (match.path !== undefined && !pathPattern(match.path).test(subject.path)) return false;
  if (match.org !== undefined && match.org !== subject.org) return false;
  if (match.queryIncludes !== undefined && !subject.query.includes(match.queryIncludes)) return false;
  const { bodyIncludes, limitAbove, sizeAbove, answerIncludes } = match;
  if (bodyIncludes !== undefined || limitAbove !== undefined || sizeAbove !== undefined) {
    const body = await subject.body();
    if (sizeAbove !== undefined && body.length <= sizeAbove) return false;
    if (bodyIncludes !== undefined && !body.includes(bodyIncludes)) return false;
    if (limitAbove !== undefined && requestedLimit(subject.query, body) <= limitAbove) return false;
  }
  return answerIncludes === undefined || (await subject.answer()).includes(answerIncludes);
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
