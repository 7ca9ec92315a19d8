import type { FaultMatch } from '../../emulator/faults/fault-rule.ts';
import type { LoggedRequest } from '../../emulator/request-log.ts';

/** Requests that the tool makes for one purpose: side, method and route; queries and row writes also by what they say. */
export interface RequestClass {
  readonly name: string;
  readonly method: string;
  /** Route with `{…}` where ids were. */
  readonly route: string;
  readonly side: 'source' | 'destination' | 'object store';
  readonly match: FaultMatch;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const SIDES: Readonly<Record<string, RequestClass['side']>> = { 'Acme Dev': 'source', 'Acme Prod': 'destination' };
/** Routes that the emulator answers to anybody, so that its log does not tell who asked; the source is asked for none. */
const KEYLESS: Readonly<Record<string, RequestClass['side']>> = {
  '/version': 'destination',
  '/object-store/{key}': 'object store',
};
/** What tells bodies of one route apart, as it stands in the JSON text. */
const MARKS: Readonly<Record<string, readonly RegExp[]>> = {
  '/btql': [
    /dimensions: [a-z_]+\\n/,
    /select: \*\\nfrom: [a-z_]+/,
    /select: [a-z_, ]+\\nfrom: [a-z_]+/,
    /FROM [a-z_]+\(/,
  ],
  '/logs3': [/logs3_overflow/, /"rows":\[/],
};

/** The class of a request that the emulator logged. */
function classOf({ method, path, org, body }: LoggedRequest): RequestClass {
  const route = routeOf(path);
  const side = KEYLESS[route] ?? SIDES[org ?? ''] ?? 'source';
  const mark = MARKS[route]?.map((pattern) => pattern.exec(body ?? '')?.[0]).find((text) => text !== undefined);
  return {
    name: [side, method, route, ...(mark === undefined ? [] : [mark])].join(' '),
    method,
    route,
    side,
    match: {
      method,
      path: `/^${route.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[a-z]+\}/g, '[^?]+')}$/`,
      ...(route in KEYLESS ? {} : { org: org ?? '' }),
      ...(mark === undefined ? {} : { bodyIncludes: mark }),
    },
  };
}

/** The classes of some requests, in the order in which they were first made. */
export function classesOf(requests: readonly LoggedRequest[]): RequestClass[] {
  const classes = new Map<string, RequestClass>();
  for (const request of requests) {
    const one = classOf(request);
    if (!classes.has(one.name)) classes.set(one.name, one);
  }
  return [...classes.values()];
}

function routeOf(path: string): string {
  if (path.startsWith('/object-store/')) return '/object-store/{key}';
  const route = path.replace(UUID, '{id}');
  return route.replace(/^(\/environment-object\/)[^/]+(\/\{id\})(?:\/[^/]+)?$/, (_text, head: string, id: string) =>
    path.split('/').length > 4 ? `${head}{type}${id}/{slug}` : `${head}{type}${id}`,
  );
}
