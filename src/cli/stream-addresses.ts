import { formatAddress, parseAddress } from '../domain/address.ts';
import { STREAM_OF } from '../domain/kind.ts';
import type { StateSnapshot } from '../domain/state.ts';
import type { QuarantineItem } from '../domain/stream-state.ts';
import type { ShownItem } from './views/render-quarantine.ts';

/** Gives quarantined items the addresses that the state knows their containers by. */
export function withAddresses(items: readonly QuarantineItem[], { mappings }: StateSnapshot): ShownItem[] {
  const addresses = new Map(mappings.map(({ kind, sourceId, address }) => [`${STREAM_OF[kind]} ${sourceId}`, address]));
  return items.map((item) => {
    const container = addresses.get(`${item.stream} ${item.container}`);
    if (container === undefined) return { item, address: `${item.stream} ${item.container}` };
    return { item, address: formatAddress(item.stream, parseAddress(container).path) };
  });
}
