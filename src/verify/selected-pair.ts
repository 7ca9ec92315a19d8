import type { Address } from '../domain/address.ts';
import type { StreamKind } from '../domain/kind.ts';

/** A container of the source and what it became. */
export interface ContainerPairOf {
  readonly address: Address;
  readonly stream: StreamKind;
  readonly sourceId: string;
  readonly destinationId: string;
}
