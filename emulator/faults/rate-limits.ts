import type { RouteClass } from './route-class.ts';

/** A token bucket: `requests` tokens, refilled evenly over `perSeconds`. */
export interface RateLimit {
  readonly requests: number;
  readonly perSeconds: number;
}

export type RateLimitTable = Readonly<Partial<Record<RouteClass | 'all', RateLimit>>>;

export interface Refusal {
  /** Seconds with milliseconds, as recorded ("15.187"). */
  readonly retryAfter: string;
  readonly message: string;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Token buckets per org and route class on the given clock (milliseconds). Off until a limit is set. */
export class RateLimits {
  readonly #now: () => number;
  #limits: RateLimitTable = {};
  readonly #buckets = new Map<string, Bucket>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Replaces all limits and fills all buckets. */
  set(limits: RateLimitTable): void {
    this.#limits = limits;
    this.#buckets.clear();
  }

  get(): RateLimitTable {
    return this.#limits;
  }

  /** Takes a token; a refusal says when the next one is there (fact sheet 1.6; wording as recorded). */
  take(orgId: string, routeClass: RouteClass): Refusal | null {
    for (const name of [routeClass, 'all'] as const) {
      const limit = this.#limits[name];
      if (limit === undefined) continue;
      const bucket = this.#refill(`${orgId} ${name}`, limit);
      if (bucket.tokens < 1) return refusal(limit, name, bucket.tokens);
      bucket.tokens -= 1;
    }
    return null;
  }

  #refill(key: string, limit: RateLimit): Bucket {
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: limit.requests, filledAt: now };
    const earned = ((now - bucket.filledAt) / 1000) * (limit.requests / limit.perSeconds);
    // Rounded, so that who waits as long as was said is not refused for a rounding error.
    bucket.tokens = Math.min(limit.requests, Math.round((bucket.tokens + earned) * 1e9) / 1e9);
    bucket.filledAt = now;
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

function refusal(limit: RateLimit, name: string, tokens: number): Refusal {
  const seconds = Math.max(0.001, ((1 - tokens) * limit.perSeconds) / limit.requests);
  const retryAfter = (Math.ceil(seconds * 1000 - 1e-6) / 1000).toFixed(3);
  const source = name === 'btql' ? 'checkBtqlOrgRateLimit' : `check_${name}_org_rate_limit`;
  const message =
    `Too many requests. Source: ${source}. Rate limit: ${limit.requests} requests per ${limit.perSeconds} seconds. ` +
    `Consumed: ${limit.requests + 1}. Retry after ${retryAfter} seconds.`;
  return { retryAfter, message };
}
