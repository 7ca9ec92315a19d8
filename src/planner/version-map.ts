import { type Address, formatAddress, parseAddress } from '../domain/address.ts';
import type { JsonObject } from '../domain/json.ts';
import { type ResourceKind, STREAM_OF } from '../domain/kind.ts';
import type { PlannedVersion } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import type { VersionPair } from '../domain/stream-state.ts';
import { sameVersion } from '../domain/version.ts';
import { compareXacts } from '../domain/xact.ts';
import type { ProviderDefinition } from '../providers/define-provider.ts';
import { findReferences } from '../providers/references.ts';
import { mapVersions } from '../providers/seal-markers.ts';
import type { PlanInputs } from './plan-inputs.ts';

type Inputs = Pick<PlanInputs, 'source' | 'destination' | 'state' | 'history'>;

/** Which version of the source means the same content as which of the destination, as far as the state remembers. */
export class VersionMap {
  private readonly inputs: Inputs;
  private readonly pairs = new Map<string, VersionPair[]>();
  /** Source id of a destination object: a version of an object that took the place of another one is none of this one. */
  private readonly sourceIds = new Map<string, string>();

  constructor(inputs: Inputs) {
    const { mappings, streams, versions } = inputs.state;
    this.inputs = inputs;
    for (const { kind, sourceId, destinationId } of mappings) this.sourceIds.set(`${kind} ${destinationId}`, sourceId);
    for (const { stream, container, destinationContainer } of streams)
      this.sourceIds.set(`${stream} ${destinationContainer}`, container);
    for (const pair of versions) {
      const key = `${pair.kind} ${pair.sourceId}`;
      this.pairs.set(key, [...(this.pairs.get(key) ?? []), pair]);
    }
  }

  /** The destination's version that has the content of this source version. */
  known(target: Address, version: string): string | undefined {
    return this.pairsOf(target).find(({ source }) => sameVersion(source, version))?.destination;
  }

  /** The source's name of a version of the destination. */
  nameOf(target: Address, version: string): string | undefined {
    return this.pairsOf(target).find(({ destination }) => sameVersion(destination, version))?.source;
  }

  /** True when an older version can be written before the newest: of an object that is still to be made. */
  canBeWritten(target: Address, version: string): boolean {
    return !this.inputs.destination.resources.has(target) && this.inputs.history.has(`${target}@${version}`);
  }

  /**
   * What the destination holds, its newest versions called as older ones of the source where `wanted` calls them so: the
   * source may have a newer version with the same content.
   */
  spelledAs(wanted: JsonObject, held: JsonObject, definition: ProviderDefinition): JsonObject {
    const pins = new Set(
      findReferences(definition, wanted).flatMap(({ marker, text }) => (marker === '$pin' ? [text] : [])),
    );
    if (pins.size === 0) return held;
    return mapVersions(definition, held, (target, marker) => {
      const newest = this.inputs.destination.resources.get(target)?.version;
      if (marker !== '$version' || newest === undefined) return undefined;
      const pin = `${target}@${this.nameOf(target, newest)}`;
      return pins.has(pin) ? { $pin: pin } : undefined;
    });
  }

  /** The older versions of an object that are written before its newest, oldest first. */
  history(address: Address): PlannedVersion[] {
    const older = new Map<string, PlannedVersion>();
    for (const [pin, { version, fields }] of this.inputs.history) {
      if (version !== undefined && pin.startsWith(`${address}@`)) older.set(version, { version, after: fields });
    }
    return [...older.values()].sort((a, b) => compareXacts(a.version, b.version));
  }

  private pairsOf(target: Address): readonly VersionPair[] {
    const source = this.inputs.source.resources.get(target);
    const destination = this.inputs.destination.resources.get(target);
    if (source === undefined || destination === undefined) return [];
    const kind = versionKind(source);
    if (this.sourceIds.get(`${kind} ${destination.id}`) !== source.id) return [];
    return this.pairs.get(`${kind} ${source.id}`) ?? [];
  }
}

// What is versioned of a dataset are its rows.
function versionKind({ kind }: Resource): string {
  return kind === 'dataset' ? (STREAM_OF[kind] ?? kind) : kind;
}

/** The address of the rows of a container. */
export function rowsAddress(container: Address): Address {
  const { kind, path } = parseAddress(container);
  return formatAddress(STREAM_OF[kind as ResourceKind] ?? kind, path);
}
