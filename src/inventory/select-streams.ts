import { type Address, formatAddress, parseAddress } from '../domain/address.ts';
import { compareText } from '../domain/json.ts';
import { STREAM_KINDS, STREAM_OF, type StreamKind } from '../domain/kind.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import { isCreatedWithin } from './select-experiments.ts';
import { selectsProject } from './select-projects.ts';

/** Rows that the spec selects, by the containers that hold them. */
export interface SelectedStream {
  readonly stream: StreamKind;
  /** Of the rows: `logs.P`, `dataset_rows.P.name`. */
  readonly address: Address;
  readonly source: Resource;
  /** The container that answers to the same address; undefined when it is still to be made. */
  readonly destination: Resource | undefined;
}

/** The selected streams, by stream kind and address. A container is selected by its project, whether or not its kind is. */
export function selectStreams({
  spec,
  source,
  destination,
}: {
  readonly spec: Spec;
  readonly source: Inventory;
  readonly destination: Inventory;
}): SelectedStream[] {
  const selected: SelectedStream[] = [];
  for (const resource of source.resources.values()) {
    const stream = STREAM_OF[resource.kind];
    if (stream === undefined || !spec.kinds.has(stream) || resource.project === undefined) continue;
    const { path } = parseAddress(resource.address);
    if (!selectsProject(spec, path[0] ?? '')) continue;
    if (resource.kind === 'experiment' && !isCreatedWithin(spec.streams.experiments, resource.order)) continue;
    const address = formatAddress(stream, path);
    selected.push({ stream, address, source: resource, destination: destination.resources.get(resource.address) });
  }
  return selected.sort(
    (a, b) => STREAM_KINDS.indexOf(a.stream) - STREAM_KINDS.indexOf(b.stream) || compareText(a.address, b.address),
  );
}
