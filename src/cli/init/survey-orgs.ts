import { parseAddress } from '../../domain/address.ts';
import type { Reporter } from '../../domain/event.ts';
import { isObject } from '../../domain/json.ts';
import type { ResourceKind, StreamKind } from '../../domain/kind.ts';
import type { OrgIdentity, OrgReader } from '../../domain/org.ts';
import type { Resource } from '../../domain/resource.ts';
import type { CountRequest } from '../../domain/row-io.ts';
import type { Spec } from '../../domain/spec.ts';
import { EMPTY_STATE } from '../../domain/state.ts';
import { countStreams } from '../../inventory/count-streams.ts';
import { readInventories } from '../../inventory/read-inventories.ts';

/** What a first spec should know of the two organizations. */
export interface Survey {
  readonly source: OrgIdentity;
  readonly destination: OrgIdentity;
  /** Of the source, by name. */
  readonly projects: readonly SurveyedProject[];
  /** Addresses in the source of values that no API returns. */
  readonly secrets: readonly string[];
  /** E-mail addresses in the source that nobody in the destination has. */
  readonly strangers: readonly string[];
  /** Addresses of functions whose code cannot be read. */
  readonly bundles: readonly string[];
  /** Kinds that could not be listed in the source. */
  readonly unread: readonly ResourceKind[];
}

export interface SurveyedProject {
  readonly name: string;
  /** How many objects of the kinds that were found in it. */
  readonly counts: ReadonlyMap<ResourceKind, number>;
  /** Rows of its logs, datasets and experiments together; null when they were not or could not be counted. */
  readonly rows: number | null;
  readonly inDestination: boolean;
}

/** What is counted by project; the rest would take a request per object and tell a beginner little. */
const COUNTED: readonly ResourceKind[] = ['prompt', 'function', 'dataset', 'experiment', 'project_automation'];
const READ: readonly ResourceKind[] = ['project', 'user', 'ai_secret', 'env_var', ...COUNTED];

const STREAM_OF: ReadonlyMap<ResourceKind, StreamKind> = new Map([
  ['project', 'logs'],
  ['dataset', 'dataset_rows'],
  ['experiment', 'experiment_rows'],
]);
/** Containers above which rows are not counted: a query takes 25, and the service may allow 20 a minute (fact sheet 1.5). */
const MOST_COUNTED = 400;

/** Reads both organizations, writing nowhere. Throws what `readInventories` throws. */
export async function surveyOrgs(options: {
  readonly spec: Spec;
  readonly source: OrgReader;
  readonly destination: OrgReader;
  readonly report: Reporter;
}): Promise<Survey> {
  const { source, destination } = await readInventories({ ...options, state: EMPTY_STATE, kinds: READ });
  const rows = await rowsByProject([...source.resources.values()], options);
  const resources = [...source.resources.values()];
  const ofKind = (...kinds: ResourceKind[]): Resource[] => resources.filter(({ kind }) => kinds.includes(kind));
  const addresses = (found: readonly Resource[]): string[] => found.map(({ address }) => address).sort();
  return {
    source: source.org,
    destination: destination.org,
    projects: ofKind('project')
      .map(({ address }) => ({
        name: parseAddress(address).path[0] ?? '',
        counts: countsOf(resources, address),
        rows: rows?.get(address) ?? null,
        inDestination: destination.resources.has(address),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    secrets: addresses(ofKind('ai_secret', 'env_var')),
    strangers: ofKind('user')
      .filter(({ address }) => !destination.resources.has(address))
      .map(({ address }) => parseAddress(address).path[0] ?? '')
      .sort(),
    bundles: addresses(ofKind('function').filter(isBundle)),
    unread: [...new Set(source.unknown.filter(({ code }) => code !== 'not_supported').map(({ kind }) => kind))],
  };
}

async function rowsByProject(
  resources: readonly Resource[],
  { source, report }: { readonly source: OrgReader; readonly report: Reporter },
): Promise<ReadonlyMap<string, number> | undefined> {
  const filter = {
    keyAfter: null,
    keyUpTo: null,
    xactAfter: null,
    xactUpTo: null,
    createdAfter: null,
    createdBefore: null,
  };
  const owners: string[] = [];
  const requests: CountRequest[] = [];
  for (const { kind, id, address, project } of resources) {
    const stream = STREAM_OF.get(kind);
    if (stream === undefined) continue;
    owners.push(kind === 'project' ? address : (project ?? ''));
    requests.push({ container: { stream, id }, filter });
  }
  if (requests.length > MOST_COUNTED) return undefined;
  const counts = await countStreams(requests, { side: 'source', reader: source, report });
  const rows = new Map<string, number>();
  for (const [index, owner] of owners.entries()) {
    const count = counts[index];
    rows.set(owner, (rows.get(owner) ?? 0) + (count === undefined ? Number.NaN : count.rows));
  }
  return new Map([...rows].filter(([, sum]) => !Number.isNaN(sum)));
}

function countsOf(resources: readonly Resource[], project: string): ReadonlyMap<ResourceKind, number> {
  const counts = new Map<ResourceKind, number>();
  for (const resource of resources) {
    if (resource.project !== project || !COUNTED.includes(resource.kind)) continue;
    counts.set(resource.kind, (counts.get(resource.kind) ?? 0) + 1);
  }
  return counts;
}

/** Code that was uploaded as a bundle is not readable through the API (fact sheet section 7). */
function isBundle({ fields }: Resource): boolean {
  const { function_data: held } = fields;
  return isObject(held) && held.type === 'code' && isObject(held.data) && held.data.type === 'bundle';
}
