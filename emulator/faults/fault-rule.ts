/** Which requests a rule concerns; everything that is given must hold. */
export interface FaultMatch {
  /** `POST`; any method when left out. */
  readonly method?: string;
  /** A glob over the path (`*` any text, `?` one character) or a regular expression between slashes: `/^\/v1\/.*$/`. */
  readonly path?: string;
  /** Name of an org. */
  readonly org?: string;
  /** Text that the query string contains. */
  readonly queryIncludes?: string;
  /** Text that the request body contains. */
  readonly bodyIncludes?: string;
  /** Text that the answer would contain: the request has had its effect when the rule fires. */
  readonly answerIncludes?: string;
  /** Holds when the request asks for more rows or objects than this (query, body or BTQL `limit`). */
  readonly limitAbove?: number;
  /** Holds when the request body has more bytes than this. */
  readonly sizeAbove?: number;
}

/** Milliseconds: fixed, evenly spread, or long-tailed (half of the delays below `median`, one in a hundred above `p99`). */
export type Delay =
  | number
  | { readonly min: number; readonly max: number }
  | { readonly median: number; readonly p99: number };

type FaultAction =
  | {
      readonly type: 'status';
      readonly status: number;
      /** Text as it is, anything else as JSON; the service's own error body when left out. */
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
      /** Seconds, may be fractional; or an HTTP date. Sent as it is. */
      readonly retryAfter?: number | string;
    }
  /** Drops the connection before the request has an effect, or after it. */
  | { readonly type: 'reset'; readonly when: 'before' | 'after' }
  /** Announces the whole answer and drops the connection after so many bytes of it. */
  | { readonly type: 'truncate'; readonly bytes: number }
  | { readonly type: 'delay'; readonly delay: Delay }
  /** Waits, before the effect or after it, until the rule is released. */
  | { readonly type: 'hold'; readonly when?: 'before' | 'after' }
  /** Answers with the right headers and a body that is not JSON. */
  | { readonly type: 'garbage' }
  /** Lets so many spaces follow the answer, announced with it. */
  | { readonly type: 'swell'; readonly bytes: number };

/** Rules are tried in order; the first one that fires is the only one that fires for a request. */
export interface FaultRule {
  /** Chosen by the server when left out. */
  readonly id?: string;
  readonly match?: FaultMatch;
  /** Fires so many times, then never again; without end when left out. */
  readonly times?: number;
  /** Lets the first so many matching requests through. */
  readonly after?: number;
  readonly action: FaultAction;
}

/** A rule with what happened to it. */
export interface FaultState {
  readonly id: string;
  readonly rule: FaultRule;
  /** Matching requests. */
  readonly seen: number;
  /** Requests for which the rule fired. */
  readonly hits: number;
  /** Requests that wait now. */
  readonly holding: number;
}
