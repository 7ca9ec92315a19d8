import { timingSafeEqual } from 'node:crypto';
import { ApiError } from '../api-error.ts';
import type { FaultRule } from '../faults/fault-rule.ts';
import type { LatencyTable } from '../faults/latencies.ts';
import type { RateLimitTable } from '../faults/rate-limits.ts';
import { jsonReply } from '../http/write-reply.ts';
import type { Instruments } from '../instruments.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import { dumpWorld, loadWorld } from '../store/dump.ts';
import { isRecord } from '../verbs/check-body.ts';
import { FULL_VISIBILITY, type Visibility } from '../visibility.ts';
import { setClock, showClock } from './control-clock.ts';

type Handle = (context: RequestContext) => unknown;

/** `/__control/*`: what tests do to the emulator from another process. docs/emulator.md has the wire format. */
export function controlRoutes(instruments: Instruments, token: string): Route[] {
  const { faults, latencies, rateLimits, requests } = instruments;
  const table: readonly (readonly [method: string, path: string, handle: Handle])[] = [
    ['GET', 'faults', () => ({ faults: faults.list() })],
    ['POST', 'faults', async (context) => ({ ids: faults.add(...readRules(await context.json())) })],
    ['DELETE', 'faults', () => cleared(() => faults.clear())],
    ['DELETE', 'faults/:id', ({ params }) => ({ removed: faults.remove(params.id ?? '') })],
    ['POST', 'faults/release', async (context) => ({ released: release(instruments, await context.json()) })],
    ['GET', 'latency', () => ({ latency: latencies.get() })],
    ['POST', 'latency', async (context) => setLatency(instruments, await context.json())],
    ['DELETE', 'latency', () => cleared(() => latencies.set({}))],
    ['GET', 'limits', () => ({ limits: rateLimits.get() })],
    ['POST', 'limits', async (context) => setLimits(instruments, await context.json())],
    ['DELETE', 'limits', () => cleared(() => rateLimits.set({}))],
    ['GET', 'visibility', ({ world }) => ({ visibility: world.visibility })],
    ['POST', 'visibility', async (context) => setVisibility(context, await context.json())],
    ['DELETE', 'visibility', (context) => setVisibility(context, FULL_VISIBILITY)],
    ['GET', 'requests', (context) => readRequests(instruments, context)],
    ['DELETE', 'requests', () => cleared(() => requests.clear())],
    ['GET', 'dump', ({ world }) => dumpWorld(world)],
    ['POST', 'load', async (context) => load(context, await context.json())],
    ['GET', 'clock', ({ world }) => showClock(world.clock)],
    ['POST', 'clock', async (context) => setClock(context.world.clock, await context.json())],
    ['GET', 'switches', ({ world }) => ({ switches: world.switches })],
  ];
  return table.map(([method, path, handle]) => ({
    method,
    path: `/__control/${path}`,
    auth: 'none' as const,
    handle: (context) => guarded(context, token, handle),
  }));
}

async function guarded(context: RequestContext, token: string, handle: Handle): Promise<Reply> {
  const given = context.headers['x-control-token'] ?? context.headers.authorization?.replace(/^Bearer\s+/i, '');
  if (typeof given !== 'string' || !isSame(given, token))
    throw new ApiError(401, 'Control token missing or wrong', 'json');
  try {
    return jsonReply(await handle(context));
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(400, error instanceof Error ? error.message : String(error), 'json');
  }
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const ACTIONS = ['status', 'reset', 'truncate', 'delay', 'hold', 'garbage', 'swell'];

/** One rule, a list of rules, or `{rules: […]}`. */
function readRules(body: unknown): FaultRule[] {
  const given = isRecord(body) && Array.isArray(body.rules) ? body.rules : Array.isArray(body) ? body : [body];
  for (const rule of given) {
    const type = isRecord(rule) && isRecord(rule.action) ? rule.action.type : undefined;
    if (!ACTIONS.includes(String(type))) {
      throw new Error(`a rule needs action.type, one of ${ACTIONS.join(', ')}; got ${JSON.stringify(rule)}`);
    }
  }
  return given as FaultRule[];
}

function release({ faults }: Instruments, body: unknown): number {
  const { id, count } = (body ?? {}) as { id?: string; count?: number };
  return faults.release(id, count);
}

function setLatency({ latencies }: Instruments, body: unknown): { latency: LatencyTable } {
  const { seed, ...table } = (body ?? {}) as LatencyTable & { seed?: number };
  latencies.set(table, seed);
  return { latency: latencies.get() };
}

function setLimits({ rateLimits }: Instruments, body: unknown): { limits: RateLimitTable } {
  rateLimits.set((body ?? {}) as RateLimitTable);
  return { limits: rateLimits.get() };
}

function load({ world }: RequestContext, body: unknown): { loaded: true } {
  loadWorld(world, body);
  return { loaded: true };
}

function cleared(clear: () => void): { cleared: true } {
  clear();
  return { cleared: true };
}

function setVisibility({ world }: RequestContext, body: unknown): { visibility: Visibility } {
  world.visibility = { ...world.visibility, ...(isRecord(body) ? body : {}) };
  return { visibility: world.visibility };
}

/** Requests after number `since`, narrowed by method and by the start of the path. */
function readRequests({ requests }: Instruments, { query }: RequestContext): unknown {
  const since = Number(query.get('since') ?? 0);
  const found = requests.matching(query.get('method') ?? undefined, query.get('path') ?? '');
  return { total: requests.total, requests: found.filter((entry) => entry.nr > since) };
}
