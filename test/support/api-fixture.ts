import type { ConnectionOptions } from '../../src/api/connection-options.ts';
import { HostGates } from '../../src/api/host-gates.ts';
import type { RunEvent } from '../../src/domain/event.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { Reply, SeenRequest } from './scripted-server.ts';
import { VirtualClock } from './virtual-clock.ts';

export const ACME_KEY = 'sk-acme-dev-0123456789';

export interface ApiFixture {
  readonly options: ConnectionOptions;
  readonly clock: VirtualClock;
  readonly events: RunEvent[];
  readonly stop: AbortController;
}

/** What it takes to open a connection to a server, without real time or chance. */
export function apiFixture(
  url: string,
  changes: Partial<ConnectionOptions> & { parallelism?: number } = {},
): ApiFixture {
  const { parallelism = 32, ...overrides } = changes;
  const clock = new VirtualClock();
  const events: RunEvent[] = [];
  const stop = new AbortController();
  const options: ConnectionOptions = {
    side: 'source',
    org: { url, apiKey: new Secret(ACME_KEY, 'BT_SOURCE_API_KEY'), apiKeyName: 'BT_SOURCE_API_KEY', org: undefined },
    gates: new HostGates(parallelism, clock),
    requestsPerMinute: null,
    report: (event) => {
      events.push(event);
    },
    clock,
    random: () => 0.5,
    signal: stop.signal,
    userAgent: 'bt-migrate/test',
    ...overrides,
  };
  return { options, clock, events, stop };
}

/** Answers the login with one organization and leaves everything else to the script. */
export function withLogin(
  answer: (request: SeenRequest, nr: number) => Reply | Promise<Reply>,
): (request: SeenRequest, nr: number) => Reply | Promise<Reply> {
  let others = 0;
  return (request) => {
    if (request.path === '/api/apikey/login') return { body: { org_info: [{ id: 'org-1', name: 'Acme Dev' }] } };
    others += 1;
    return answer(request, others);
  };
}
