import type { FaultRule } from '../../emulator/faults/fault-rule.ts';
import type { Visibility } from '../../emulator/visibility.ts';
import type { FaultStage } from './fault-stage.ts';
import type { RequestClass } from './request-class.ts';

/** Something that goes wrong with a request. */
export interface FaultKind {
  /** As the table has it. */
  readonly name: string;
  /** What happens, as the table has it; the rest of its line is observed. */
  readonly what: string;
  readonly action: (stage: FaultStage) => FaultRule['action'];
  /** Requests at which it can be told from a good answer; all when left out. */
  readonly at?: (request: RequestClass) => boolean;
  /** Requests that get a migration of their own, because they take others with them. */
  readonly alone?: (request: RequestClass) => boolean;
  /** Milliseconds that pass for a held request. */
  readonly stallMs?: number;
  readonly visibility?: Partial<Visibility>;
  /** Whether the plan is disturbed too, and not only its application; yes when left out. */
  readonly plans?: boolean;
}

export interface LastingFault extends FaultKind {
  /** What the error must say. */
  readonly says?: string;
}

const status = (code: number, more: object = {}) => ({ type: 'status', status: code, ...more }) as const;
const page = (code: number) => status(code, { body: '<html><title>Acme web filter</title></html>' });
const isCreate = ({ method, route, side }: RequestClass): boolean =>
  side === 'destination' && method === 'POST' && /^\/v1\/|^\/environment$/.test(route);
const isOfAttachments = ({ route }: RequestClass): boolean => /^\/attachment|^\/object-store/.test(route);
const isRepeatableWrite = (one: RequestClass): boolean =>
  one.side === 'destination' && one.method !== 'GET' && one.route !== '/api/apikey/login' && !isCreate(one);

const MOVED_TO = 'https://eu.acme.example';
const AGAIN = 'sent again after a wait; a create is looked up first, and so only made if it is not there';

/** What happens once, at one request of every kind. */
export const PASSING: readonly FaultKind[] = [
  {
    name: '429 without Retry-After',
    what: 'sent again after a wait that doubles, half of it left to chance',
    action: () => status(429),
  },
  {
    name: '429 with a Retry-After of a fraction of a second',
    what: 'nothing goes to that host for so long, whichever worker or organization asks; then sent again',
    action: () => status(429, { retryAfter: 0.25 }),
  },
  ...[500, 502, 503, 504].map((code) => ({ name: String(code), what: AGAIN, action: () => status(code) })),
  { name: 'a proxy’s 403 with a page', what: AGAIN, action: () => page(403) },
  { name: 'a proxy’s 200 with a page', what: AGAIN, action: () => page(200) },
  { name: 'reset before the effect', what: AGAIN, action: () => ({ type: 'reset', when: 'before' }) },
  { name: 'reset after the effect', what: AGAIN, action: () => ({ type: 'reset', when: 'after' }) },
  {
    name: 'an answer that is cut off',
    what: `${AGAIN}; a list that is cut is never taken for its beginning`,
    action: () => ({ type: 'truncate', bytes: 20 }),
  },
  {
    name: 'garbage of the right length',
    what: `${AGAIN} (the bytes of an attachment mean nothing to us: there TLS must do)`,
    action: () => ({ type: 'garbage' }),
    at: ({ method, side }) => side !== 'object store' || method !== 'GET',
  },
  {
    name: 'an answer after 30 s',
    what: 'waited for, and sent once',
    action: () => ({ type: 'hold' }),
    stallMs: 30_000,
  },
  {
    name: 'no answer for a minute, although it had its effect',
    what: `given up after 60 s; ${AGAIN}`,
    action: () => ({ type: 'hold', when: 'after' }),
    stallMs: 61_000,
  },
  {
    name: '303 to another origin, where nothing is',
    what: 'a read follows without the key and, finding nothing, asks again; a write does not follow: a create is looked up, anything else fails alone',
    action: ({ elsewhere }) => status(303, { headers: { location: `${elsewhere.url}/stored?signature=x` } }),
    at: ({ route }) => !route.startsWith('/attachment'),
    alone: isRepeatableWrite,
  },
  {
    name: 'lists that show new objects 5 s late, while answers to creates are lost',
    what: 'looked up until the list has had time to show it; then sent again',
    action: () => ({ type: 'reset', when: 'after' }),
    at: isCreate,
    visibility: { objectLag: 5000 },
    plans: false,
  },
  {
    name: 'rows that become visible 30 s late, while answers to their writes are lost',
    what: 'sent again under the same ids, which replaces them',
    action: () => ({ type: 'reset', when: 'after' }),
    at: ({ route, method }) => route.startsWith('/logs3') || (route.startsWith('/object-store') && method === 'PUT'),
    visibility: { rowLag: 30_000 },
    plans: false,
  },
  {
    name: 'list pages of one object each, whatever was asked, and one of them lost',
    what: 'read on until a page is empty',
    action: () => ({ type: 'reset', when: 'before' }),
    at: ({ method, route }) => method === 'GET' && !route.startsWith('/object-store'),
    visibility: { pageCap: 1 },
  },
];

const LASTS =
  'asked for again within bounds, then the run ends at what cannot be read; a write fails alone, with what depends on it, and a create that had its effect is found and counts';

/** What goes on until somebody mends it. */
export const LASTING: readonly LastingFault[] = [
  {
    name: '401 from some request on (a key that expired)',
    what: 'the run ends after what is in flight and names the variable; with a new key the same command goes on',
    action: () => status(401),
    says: 'answered 401',
    at: ({ side }) => side !== 'object store',
  },
  {
    name: '421 with a RedirectUrl',
    what: 'the run ends with an error that names the place; nothing is sent there',
    action: () => status(421, { body: { RedirectUrl: MOVED_TO } }),
    says: MOVED_TO,
    at: ({ side }) => side !== 'object store',
  },
  {
    name: '429 for good',
    what: 'the run ends when the request has been refused often enough',
    action: () => status(429),
    at: (one) => !isOfAttachments(one),
  },
  {
    name: 'a proxy’s 403 with a page, for good',
    what: 'a list is unknown, never empty: what depends on it is blocked, and apply writes nothing; a write fails alone, with what depends on it',
    action: () => page(403),
    at: (one) => !isOfAttachments(one),
  },
  {
    name: 'reset after the effect, for good',
    what: 'the run ends at what cannot be read; a create whose answers are lost is found and counts',
    action: () => ({ type: 'reset', when: 'after' }),
    at: (one) => !isOfAttachments(one),
  },
  ...[500, 503].map((code) => ({
    name: `${code} for good`,
    what: LASTS,
    action: () => status(code),
    at: (one: RequestClass) => !isOfAttachments(one),
  })),
  {
    name: 'answers that are cut off, for good',
    what: `${LASTS}; a list that is cut is unknown, never taken for its beginning`,
    action: () => ({ type: 'truncate', bytes: 20 }),
    at: (one) => !isOfAttachments(one),
  },
  {
    name: 'no answer any more, although it had its effect',
    what: `each attempt is given up after 60 s; ${LASTS}`,
    action: () => ({ type: 'hold', when: 'after' }),
    at: (one) => !isOfAttachments(one),
    stallMs: 61_000,
  },
];
