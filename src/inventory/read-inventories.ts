import { type Address, formatAddress } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import type { Reporter } from '../domain/event.ts';
import type { JsonObject } from '../domain/json.ts';
import { RESOURCE_KINDS, type ResourceKind } from '../domain/kind.ts';
import type { OrgReader } from '../domain/org.ts';
import { both } from '../domain/precedence.ts';
import type { Inventory } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import { formatPath } from '../domain/spec-path.ts';
import type { StateSnapshot } from '../domain/state.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { type BuildOptions, type BuiltInventory, buildInventory, overridesOf } from './build-inventory.ts';
import { identifyOrgs } from './identify-orgs.ts';
import { containerKinds, neededKinds, RULE_KINDS } from './needed-kinds.ts';
import { isListedByOwner, ownersOfWork } from './owners-of-work.ts';
import { type ListPlan, type RawInventory, readLists, readOwned, readProjects } from './read-lists.ts';
import { isCreatedWithin } from './select-experiments.ts';
import { checkProjectNames, listsByProject, renamedProject, selectsProject } from './select-projects.ts';
import { versionNames } from './version-names.ts';

export interface InventoryRequest {
  readonly source: OrgReader;
  readonly destination: OrgReader;
  readonly spec: Spec;
  readonly state: StateSnapshot;
  /** Kinds to read; by default all that the spec's kinds need. */
  readonly kinds?: readonly ResourceKind[];
  /** What the API lists by owner only is asked for only where something at these addresses has its owner. */
  readonly touched?: readonly Address[];
  readonly report: Reporter;
}

export interface Inventories {
  readonly source: Inventory;
  readonly destination: Inventory;
}

/**
 * Reads both organizations and brings them under one set of addresses: the source's names, the destination's objects
 * found by the state first and by name second.
 * @throws BTM_SAME_ORG, BTM_WRONG_ORG, BTM_UNKNOWN_PROJECT, and whatever reading the projects throws.
 */
export async function readInventories(request: InventoryRequest): Promise<Inventories> {
  const { source, destination, spec, state, report } = request;
  const orgs = await identifyOrgs(source, destination);
  const [sourceProjects, destinationProjects] = await both(readProjects(source), readProjects(destination));
  checkStateOrgs(state, orgs.source.orgId, orgs.destination.orgId);
  checkProjectNames(spec, sourceProjects);
  const selection = selectProjects(spec, state, sourceProjects, destinationProjects);
  const kinds = request.kinds ?? neededKinds(selectedKinds(spec));
  const owned = request.touched === undefined ? [] : kinds.filter(isListedByOwner);
  const direct = kinds.filter((kind) => !owned.includes(kind));
  const shared = { kinds: direct, viewOwners: spec.viewOwners, whole: new Set<ResourceKind>() };
  // Rows set off the rules that live where they are copied to, whether or not the spec selects such rules.
  const rules = request.kinds === undefined && containerKinds(spec.kinds).length > 0 ? RULE_KINDS : [];
  const sourcePlan: ListPlan = listPlan('source', sourceProjects, selection.sourceIds, selection.few, shared);
  const destinationPlan: ListPlan = listPlan(
    'destination',
    destinationProjects,
    selection.destinationIds,
    selection.few,
    { ...shared, kinds: [...new Set([...direct, ...rules])] },
  );
  for (const side of ['source', 'destination'] as const) report({ type: 'inventory_started', side });
  const [sourceRaw, destinationRaw] = await both(
    readLists(source, sourcePlan, report),
    readLists(destination, destinationPlan, report),
  );
  const selects = (kind: ResourceKind, project: Address | undefined): boolean =>
    spec.kinds.has(kind) && (project === undefined || selection.addresses.has(project));
  const forSource = sourceOptions(spec, selects);
  const wideSource = await widen(source, sourcePlan, sourceRaw, forSource, report);
  const wideDestination = await widen(
    destination,
    // Whatever the source refers to beyond the selected projects is looked for in the same place of the destination.
    { ...destinationPlan, whole: wideSource.widened },
    destinationRaw,
    destinationOptions(spec, state, wideSource.inventory, selects),
    report,
  );
  let [sourceInventory, destinationInventory] = [wideSource.inventory, wideDestination.inventory];
  if (request.touched !== undefined && owned.length > 0) {
    const ask = (inventory: Inventory) => ({ kinds: owned, owners: ownersOfWork(request.touched ?? [], inventory) });
    const [moreSource, moreDestination] = await both(
      readOwned(source, { ...sourcePlan, ...ask(sourceInventory) }, wideSource.raw, report),
      readOwned(destination, { ...destinationPlan, ...ask(destinationInventory) }, wideDestination.raw, report),
    );
    sourceInventory = buildInventory(moreSource, forSource);
    destinationInventory = buildInventory(moreDestination, destinationOptions(spec, state, sourceInventory, selects));
  }
  for (const [side, inventory, reader] of [
    ['source', sourceInventory, source],
    ['destination', destinationInventory, destination],
  ] as const) {
    report({ type: 'inventory_finished', side, objects: inventory.resources.size, requests: reader.requestsSent() });
  }
  return { source: sourceInventory, destination: destinationInventory };
}

/** The selected kinds, and those that hold the rows of selected streams. */
export function selectedKinds({ kinds }: Spec): ResourceKind[] {
  const containers = containerKinds(kinds);
  return RESOURCE_KINDS.filter((kind) => kinds.has(kind) || containers.includes(kind));
}

/**
 * Makes sure that a state is used with its own organizations.
 * @throws BTM_WRONG_ORG
 */
export function checkStateOrgs(state: StateSnapshot, sourceOrgId: string, destinationOrgId: string): void {
  for (const [side, known, found] of [
    ['source', state.sourceOrgId, sourceOrgId],
    ['destination', state.destinationOrgId, destinationOrgId],
  ] as const) {
    if (known === null || known === found) continue;
    throw new BtMigrateError('BTM_WRONG_ORG', {
      detail: `The state belongs to another ${side} organization (${known}) than the key does (${found}).`,
      hint: `Use the key and url of that organization, or give this pair of organizations a state file of its own with "state.path" or --state.`,
    });
  }
}

interface ProjectSelection {
  readonly addresses: ReadonlySet<Address>;
  readonly sourceIds: readonly string[];
  readonly destinationIds: readonly string[];
  readonly few: boolean;
}

function selectProjects(
  spec: Spec,
  state: StateSnapshot,
  source: readonly JsonObject[],
  destination: readonly JsonObject[],
): ProjectSelection {
  const selected = source.filter((project) => selectsProject(spec, String(project.name)));
  const names = new Map<string, string>();
  for (const project of selected) {
    const own = String(project.name);
    const name = renamedProject(spec, own);
    const other = names.get(name);
    if (other !== undefined) throw sameName(spec, [other, own], name);
    names.set(name, own);
  }
  const sourceIds = selected.map((project) => String(project.id));
  const mapped = new Set(
    state.mappings
      .filter(({ kind, sourceId }) => kind === 'project' && sourceIds.includes(sourceId))
      .map(({ destinationId }) => destinationId),
  );
  return {
    addresses: new Set(selected.map((project) => formatAddress('project', [String(project.name)]))),
    sourceIds,
    destinationIds: destination
      .filter((project) => names.has(String(project.name)) || mapped.has(String(project.id)))
      .map((project) => String(project.id)),
    few: listsByProject(spec, selected.length),
  };
}

function sameName({ projects, places }: Spec, both: readonly string[], name: string): BtMigrateError {
  const keys = both.filter((own) => projects.rename.has(own)).map((own) => formatPath(['projects', 'rename', own]));
  const place = keys.map((key) => places.get(key) ?? '').at(-1) ?? '';
  const quoted = both.map((own) => JSON.stringify(own)).sort();
  return new BtMigrateError('BTM_SPEC_INVALID', {
    detail: `${place}The source projects ${quoted.join(' and ')} would both become ${JSON.stringify(name)} in the destination.`,
    hint: 'Give one of them another name under "projects.rename", or leave it out with "projects.exclude".',
  });
}

function listPlan(
  side: ListPlan['side'],
  projects: readonly JsonObject[],
  ids: readonly string[],
  few: boolean,
  shared: Pick<ListPlan, 'kinds' | 'viewOwners' | 'whole'>,
): ListPlan {
  const selected = new Set(ids);
  return { side, projects, projectIds: few ? ids : undefined, fansOut: (id) => selected.has(id), ...shared };
}

// Something selected may refer beyond the selected projects; then the kinds it may mean are listed whole, once, and so
// are those that `plan.whole` asks for.
async function widen(
  reader: OrgReader,
  plan: ListPlan,
  raw: RawInventory,
  options: BuildOptions,
  report: Reporter,
): Promise<{ raw: RawInventory; inventory: BuiltInventory; widened: ReadonlySet<ResourceKind> }> {
  const built = buildInventory(raw, options);
  const whole = [...new Set([...built.missingKinds, ...plan.whole])].filter(
    (kind) => plan.kinds.includes(kind) && PROVIDERS[kind].list?.byProject === true,
  );
  if (plan.projectIds === undefined || whole.length === 0) return { raw, inventory: built, widened: new Set() };
  const partners = whole.flatMap((kind) => PROVIDERS[kind].sharesTableWith ?? []);
  const again = new Set([...whole, ...partners].filter((kind) => plan.kinds.includes(kind)));
  const more = await readLists(reader, { ...plan, kinds: [...again], whole: again }, report);
  const objects = new Map(raw.objects);
  for (const kind of again) objects.set(kind, more.objects.get(kind) ?? []);
  const unknown = [...raw.unknown.filter(({ kind }) => !again.has(kind)), ...more.unknown];
  const wide = { ...raw, objects, unknown };
  return { raw: wide, inventory: buildInventory(wide, options), widened: again };
}

function sourceOptions(spec: Spec, selects: BuildOptions['selects']): BuildOptions {
  // Where the spec gives an object another name in the destination: field and value by address.
  const renames = new Map<Address, JsonObject>([
    ...[...spec.projects.rename].map(([from, name]) => [formatAddress('project', [from]), { name }] as const),
    ...[...spec.users.map].map(([from, email]) => [formatAddress('user', [from.toLowerCase()]), { email }] as const),
  ]);
  return {
    naming: { known: () => undefined, project: (name) => name, email: (email) => email },
    selects,
    versionName: (_kind, _id, version) => version,
    leavesOut: (kind, raw) =>
      kind === 'experiment' && !isCreatedWithin(spec.streams.experiments, String(raw.created ?? '')),
    overrides: (address) => {
      const set = overridesOf(spec, address);
      const renamed = renames.get(address);
      return renamed === undefined ? set : { ...set, ...renamed };
    },
  };
}

function destinationOptions(
  spec: Spec,
  state: StateSnapshot,
  source: BuiltInventory,
  selects: BuildOptions['selects'],
): BuildOptions {
  const sourceIds = new Map(
    state.mappings.map((mapping) => [`${mapping.kind}:${mapping.destinationId}`, mapping.sourceId]),
  );
  const projects = new Map([...spec.projects.rename].map(([name, renamed]) => [renamed, name]));
  // An entry for somebody the source does not have takes nobody's place.
  const mapped = [...spec.users.map].filter(([from]) =>
    source.resources.has(formatAddress('user', [from.toLowerCase()])),
  );
  const emails = new Map(mapped.map(([sourceEmail, email]) => [email.toLowerCase(), sourceEmail.toLowerCase()]));
  return {
    naming: {
      known: (kind, id) => {
        const sourceId = sourceIds.get(`${kind}:${id}`);
        return sourceId === undefined ? undefined : source.find([kind], sourceId)?.address;
      },
      project: (name) => projects.get(name) ?? (spec.projects.rename.has(name) ? undefined : name),
      email: (email) => emails.get(email) ?? (spec.users.map.has(email) ? undefined : email),
    },
    selects,
    versionName: versionNames(state),
    leavesOut: () => false,
    overrides: () => ({}),
  };
}
