import { type Address, formatAddress, parseAddress } from '../domain/address.ts';
import type { Reporter } from '../domain/event.ts';
import { RESOURCE_KINDS, type ResourceKind } from '../domain/kind.ts';
import type { OrgIdentity, OrgReader } from '../domain/org.ts';
import type { Inventory, UnknownList } from '../domain/resource.ts';
import type { Spec, ViewOwner } from '../domain/spec.ts';
import type { StateSnapshot } from '../domain/state.ts';
import type { Owner } from '../providers/define-provider.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { idOf, type Naming } from './address-resources.ts';
import { buildInventory } from './build-inventory.ts';
import { isListedByOwner } from './owners-of-work.ts';
import { type ListPlan, type RawInventory, readLists, readOwned, readProjects } from './read-lists.ts';
import { selectsProject } from './select-projects.ts';
import { versionNames } from './version-names.ts';

const ALL_VIEW_OWNERS: ReadonlySet<ViewOwner> = new Set(['organization', 'project', 'dataset', 'experiment']);

export interface DestinationRequest {
  readonly destination: OrgReader;
  readonly spec: Spec;
  readonly state: StateSnapshot;
  readonly report: Reporter;
}

/**
 * Reads all that the destination holds, whatever the spec selects, because a deletion may hurt any of it. What the state
 * knows has the address that the state has for it; the source is not asked. What the API lists by owner only is asked for
 * in projects that hold something the state knows, and everywhere when it may refer to something the state created.
 * @throws what reading the projects throws; any other list that fails is unknown.
 */
export async function readDestination({ destination, spec, state, report }: DestinationRequest): Promise<Inventory> {
  report({ type: 'inventory_started', side: 'destination' });
  const projects = await readProjects(destination);
  const plan: ListPlan = {
    side: 'destination',
    kinds: RESOURCE_KINDS.filter((kind) => !isListedByOwner(kind)),
    projects,
    projectIds: undefined,
    whole: new Set(),
    fansOut: () => true,
    viewOwners: ALL_VIEW_OWNERS,
  };
  let raw = await readLists(destination, plan, report);
  const near = projectsOfState(raw, state);
  const made = new Set(state.mappings.filter(({ origin }) => origin === 'created').map(({ kind }) => kind));
  for (const kind of RESOURCE_KINDS.filter(isListedByOwner)) {
    const isEverywhere = (PROVIDERS[kind].names ?? []).some(({ to }) => made.has(to));
    const fansOut = isEverywhere ? () => true : (id: string) => near.has(id);
    raw = await readOwned(destination, { ...plan, kinds: [kind], fansOut }, raw, report);
  }
  const selects = (kind: ResourceKind, project: Address | undefined): boolean =>
    spec.kinds.has(kind) && (project === undefined || selectsProject(spec, parseAddress(project).path[0] ?? ''));
  const inventory = buildInventory(raw, {
    naming: namingOf(spec, state),
    selects,
    versionName: versionNames(state),
    leavesOut: () => false,
    overrides: () => ({}),
  });
  const requests = destination.requestsSent();
  report({ type: 'inventory_finished', side: 'destination', objects: inventory.resources.size, requests });
  return inventory;
}

/** Stands for an organization that nobody asked for its objects. */
export function unreadInventory(org: OrgIdentity): Inventory {
  return {
    org,
    resources: new Map(),
    find: () => undefined,
    readVersion: () => undefined,
    unknown: [],
    ambiguous: [],
    orphans: new Map(),
    fanOutRequests: 0,
  };
}

function projectsOfState({ objects }: RawInventory, { mappings }: StateSnapshot): ReadonlySet<string> {
  const known = new Set(mappings.map(({ kind, destinationId }) => `${kind} ${destinationId}`));
  const near = new Set<string>();
  for (const [kind, list] of objects) {
    for (const object of list) {
      if (!known.has(`${kind} ${idOf(PROVIDERS[kind], object)}`)) continue;
      near.add(String(kind === 'project' ? object.id : object.project_id));
    }
  }
  return near;
}

function namingOf({ users }: Spec, { mappings }: StateSnapshot): Naming {
  // A state holds no e-mail addresses: what it knows by one gets its address from its names again.
  const readable = mappings.filter(({ address }) => !address.includes('email~'));
  const known = new Map(readable.map(({ kind, destinationId, address }) => [`${kind} ${destinationId}`, address]));
  const taken = new Set(known.values());
  const emails = new Map([...users.map].map(([source, email]) => [email.toLowerCase(), source.toLowerCase()]));
  return {
    known: (kind, id) => known.get(`${kind} ${id}`),
    // Somebody else's project may have the name that one of ours has in the source: it must not look like ours.
    project: (name) => (taken.has(formatAddress('project', [name])) ? `${name} (not ours)` : name),
    email: (email) => emails.get(email) ?? email,
  };
}

/** What lives in one project of the destination, for a last look before it is deleted. */
export interface ProjectContents {
  readonly objects: readonly { readonly kind: ResourceKind; readonly id: string }[];
  readonly unknown: readonly UnknownList[];
}

/**
 * Lists what lives in a project itself; what lives in something that lives in it is not looked for.
 * @throws what `readLists` throws; what cannot be listed is unknown.
 */
export async function readProjectContents(destination: OrgReader, projectId: string): Promise<ProjectContents> {
  const raw = await readLists(
    destination,
    {
      side: 'destination',
      kinds: RESOURCE_KINDS.filter((kind) => mayLiveInProject(PROVIDERS[kind].owner) && kind !== 'environment_object'),
      projects: [{ id: projectId }],
      projectIds: [projectId],
      whole: new Set(),
      fansOut: () => true,
      viewOwners: new Set(['project']),
    },
    () => undefined,
  );
  const objects = [...raw.objects].flatMap(([kind, list]) =>
    list
      .filter(({ project_id, object_id }) => project_id === projectId || object_id === projectId)
      .map((object) => ({ kind, id: idOf(PROVIDERS[kind], object) })),
  );
  return { objects, unknown: raw.unknown };
}

function mayLiveInProject(owner: Owner): boolean {
  return owner.in === 'object' || (owner.in === 'container' && owner.kind === 'project');
}
