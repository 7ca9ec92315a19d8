import type { Dispatcher } from 'undici';
import Agent from 'undici/lib/dispatcher/agent.js';

/** A proxy for everything but this machine; `noProxy` is a list as in the NO_PROXY variable. */
export interface ProxyOptions {
  readonly url: string;
  readonly noProxy: string;
}

/**
 * Milliseconds to wait for a connection, for the answer to begin, and between two pieces of it; in this last time a body
 * must also bring `LEAST_PROGRESS`.
 */
export interface Timeouts {
  readonly connect: number;
  readonly headers: number;
  readonly body: number;
}

/** Bytes in the time of `body`: 1 KB/s, which 32 connections over a quarter of a megabit still have. */
export const LEAST_PROGRESS = 128 * 1024;

export const DEFAULT_TIMEOUTS: Timeouts = { connect: 10_000, headers: 60_000, body: 120_000 };

/**
 * What connections to all hosts share. The proxy's part of undici is only loaded for a proxy.
 *
 * Connections are as many as are needed: gates bound the requests in flight, and a download that waits to be passed on
 * needs its connection as long as its upload needs the next one.
 */
export async function openDispatcher(timeouts: Timeouts, proxy: ProxyOptions | undefined): Promise<Dispatcher> {
  const agent = {
    pipelining: 1,
    connect: { timeout: timeouts.connect },
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.body,
  };
  if (proxy === undefined) return new Agent(agent);
  const { EnvHttpProxyAgent } = await import('undici');
  return new EnvHttpProxyAgent({
    ...agent,
    // Plain http only ever goes to this machine, so it has no proxy. Both are given: what is left out undici reads from
    // the environment.
    httpProxy: '',
    httpsProxy: proxy.url,
    noProxy: [proxy.noProxy, 'localhost', '127.0.0.1', '[::1]'].filter((entry) => entry !== '').join(','),
  });
}
