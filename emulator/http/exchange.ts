import { channel } from 'node:diagnostics_channel';

/** One answered request, for tests that check every answer of every emulator in the process. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  /** Pattern of the route (`/v1/dataset/:id`), null when there was none. */
  readonly route: string | null;
  readonly query: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** True when a fault rule touched the answer. */
  readonly faulted: boolean;
}

/** Name of the diagnostics channel on which every `Exchange` is published while somebody listens. */
export const EXCHANGE_CHANNEL = 'bt-migrate.emulator.exchange';

const exchanges = channel(EXCHANGE_CHANNEL);

/** Builds and publishes an exchange; costs nothing when nobody listens. */
export function publishExchange(build: () => Exchange): void {
  if (exchanges.hasSubscribers) exchanges.publish(build());
}
