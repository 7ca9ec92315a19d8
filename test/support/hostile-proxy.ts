import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A body that never ends: as fast as it is taken, or a byte at a time. */
type Endless = 'flood' | { readonly everyMs: number };

export interface HostileRule {
  readonly method: string;
  readonly path: RegExp;
  readonly status: number;
  readonly body: Endless;
}

export interface HostileProxy {
  readonly url: string;
  /** Puts the rule into force. */
  turnHostile(rule: HostileRule): void;
  /** Requests that it answered. */
  readonly hits: () => number;
  close(): Promise<void>;
}

const PIECE = Buffer.alloc(64 * 1024, `{"id":"${'x'.repeat(1000)}"}\n`);

/** Passes requests on to a server, but for those that its rule names: these are answered without an end. */
export async function startHostileProxy(target: string): Promise<HostileProxy> {
  let rule: HostileRule | undefined;
  let hits = 0;
  const server = createServer((incoming, response) => {
    if (rule !== undefined && incoming.method === rule.method && rule.path.test(incoming.url ?? '')) {
      hits += 1;
      incoming.resume();
      answerEndlessly(response, rule);
    } else passOn(incoming, response, target);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    turnHostile: (next) => {
      rule = next;
    },
    hits: () => hits,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerEndlessly(response: ServerResponse, { status, body }: HostileRule): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  if (body !== 'flood') {
    const drip = setInterval(() => response.write(' '), body.everyMs);
    response.on('close', () => clearInterval(drip));
    return;
  }
  const pour = (): void => {
    while (!response.destroyed && response.write(PIECE));
  };
  response.on('drain', pour);
  pour();
}

function passOn(incoming: IncomingMessage, response: ServerResponse, target: string): void {
  const { method, headers, url = '/' } = incoming;
  const onward = forward(new URL(url, target), { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  incoming.pipe(onward);
}
