import { setMaxListeners } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { answerRequest } from './http/answer-request.ts';
import { HttpConnection } from './http/http-connection.ts';
import { RouteIndex } from './http/route-index.ts';
import type { Instruments } from './instruments.ts';
import type { Route } from './route.ts';
import type { World } from './world.ts';

export interface ServerOptions {
  readonly world: World;
  readonly routes: readonly Route[];
  readonly instruments: Instruments;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface RunningServer {
  readonly url: string;
  /** Ends held and running requests and frees the port. */
  close(): Promise<void>;
}

/** Serves the routes on 127.0.0.1, and nowhere else. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const stop = new AbortController();
  // Every request that is delayed or held listens to it.
  setMaxListeners(0, stop.signal);
  const shared = { ...options, index: new RouteIndex(options.routes), signal: stop.signal };
  const connections = new Set<HttpConnection>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const connection = new HttpConnection(socket, (request) => answerRequest(shared, request));
    connections.add(connection);
    connection.onClose(() => connections.delete(connection));
  });
  await listen(server, options.port);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async close() {
      stop.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
