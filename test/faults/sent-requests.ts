import type { LoggedRequest } from '../../emulator/request-log.ts';
import type { FaultStage } from './fault-stage.ts';

/** Nothing is sent so often: five failures, ten refusals, and what a create adds. */
const MOST_SENT = 20;

/** How often the same request was sent, at most, of those that were disturbed. Throws when that is out of bounds. */
export function mostSent({ emulator }: FaultStage): number {
  const counts = new Map<string, number>();
  for (const request of brokenIn(emulator.requests.all())) counts.set(textOf(request), 0);
  for (const request of emulator.requests.all().map(textOf)) {
    const count = counts.get(request);
    if (count !== undefined) counts.set(request, count + 1);
  }
  const most = Math.max(0, ...counts.values());
  if (most > MOST_SENT) throw new Error(`a request was sent ${most} times`);
  return most;
}

/** Creates that were sent again without a look at what is there; an invitation may be. */
export function blindRepeats({ emulator }: FaultStage): string[] {
  const all = emulator.requests.all();
  return brokenIn(all).flatMap((request) => {
    const list = LOOKED_UP.get(request.path) ?? request.path;
    const isCreate = request.method === 'POST' && /^\/v1\/|^\/environment$/.test(request.path);
    if (!isCreate || request.status === 429) return [];
    const behind = all.slice(all.indexOf(request) + 1);
    const again = behind.findIndex((later) => textOf(later) === textOf(request));
    const isLookedUp = behind.slice(0, again).some(({ method, path }) => method === 'GET' && path === list);
    return again < 0 || isLookedUp ? [] : [`${request.method} ${request.path}`];
  });
}

const LOOKED_UP = new Map([['/v1/acl', '/v1/acl/list_org']]);

/** What requests to the other origin hold that could be a credential. */
export function keysSentElsewhere({ elsewhere }: FaultStage): string[] {
  return elsewhere.seen.flatMap(({ headers, body }) => {
    const own = Object.keys(headers).filter((name) => /^(authorization|cookie|x-bt-.*)$/.test(name));
    return /sk-/.test(JSON.stringify([headers, body])) ? [...own, 'a key'] : own;
  });
}

function brokenIn(requests: readonly LoggedRequest[]): LoggedRequest[] {
  return requests.filter(({ fault }) => fault !== null);
}

function textOf({ method, path, query, body }: LoggedRequest): string {
  return [method, path, query, body].join(' ');
}
