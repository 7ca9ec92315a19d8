import { BtMigrateError } from '../domain/errors.ts';
import type { Reporter, Side } from '../domain/event.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ResourceKind } from '../domain/kind.ts';
import type { ListRequest, OrgIdentity, OrgReader } from '../domain/org.ts';
import type { UnknownList } from '../domain/resource.ts';
import type { ViewOwner } from '../domain/spec.ts';
import type { ProviderDefinition } from '../providers/define-provider.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { endsReading, unknownCode } from './list-failure.ts';

/** What to list of one organization. */
export interface ListPlan {
  readonly side: Side;
  readonly kinds: readonly ResourceKind[];
  readonly projects: readonly JsonObject[];
  /** Ids of the projects to list one by one, or undefined to list the whole organization. */
  readonly projectIds: readonly string[] | undefined;
  /** Kinds to list whole although `projectIds` is set, because something refers beyond it. */
  readonly whole: ReadonlySet<ResourceKind>;
  /** Whether a project's objects are asked for one by one where the API lists only so. */
  readonly fansOut: (projectId: string) => boolean;
  /** Owners to ask where the API lists by owner only, as `TYPE ID`; undefined: all that `fansOut` lets through. */
  readonly owners?: ReadonlySet<string>;
  readonly viewOwners: ReadonlySet<ViewOwner>;
}

/** Objects as the API answers them, by kind. */
export interface RawInventory {
  readonly org: OrgIdentity;
  readonly objects: ReadonlyMap<ResourceKind, readonly JsonObject[]>;
  readonly unknown: readonly UnknownList[];
  readonly fanOutRequests: number;
}

/**
 * Lists one organization, kinds and projects in parallel. A list that fails is reported as unknown, never as empty.
 * @throws BTM_CREDENTIALS_REJECTED, BTM_INTERRUPTED and BTM_TERMINATED; anything else becomes an unknown list.
 */
export async function readLists(reader: OrgReader, plan: ListPlan, report: Reporter): Promise<RawInventory> {
  const org = await reader.identity();
  const lists = new Lists(reader, org, plan, report);
  const direct = plan.kinds.filter((kind) => kind !== 'project' && PROVIDERS[kind].list?.perOwner === undefined);
  lists.objects.set('project', plan.projects);
  await Promise.all(tables(direct).map((kinds) => lists.readTable(kinds)));
  await Promise.all(plan.kinds.filter((kind) => !lists.objects.has(kind)).map((kind) => lists.readPerOwner(kind)));
  return { org, objects: lists.objects, unknown: lists.unknown, fanOutRequests: lists.fanOutRequests };
}

/** Lists the kinds that the API lists by owner only, beside what was listed before. Fails as `readLists` does. */
export async function readOwned(
  reader: OrgReader,
  plan: ListPlan,
  before: RawInventory,
  report: Reporter,
): Promise<RawInventory> {
  const lists = new Lists(reader, before.org, plan, report, before);
  await Promise.all(plan.kinds.map((kind) => lists.readPerOwner(kind)));
  const fanOutRequests = before.fanOutRequests + lists.fanOutRequests;
  return { org: before.org, objects: lists.objects, unknown: lists.unknown, fanOutRequests };
}

/** Lists the projects of an organization; nothing can be planned without them, so any failure is thrown. */
export async function readProjects(reader: OrgReader): Promise<readonly JsonObject[]> {
  const org = await reader.identity();
  const answer = await reader.list(request(PROVIDERS.project, org, {}));
  return answer.objects;
}

class Lists {
  readonly objects: Map<ResourceKind, readonly JsonObject[]>;
  readonly unknown: UnknownList[];
  fanOutRequests = 0;
  private readonly reader: OrgReader;
  private readonly org: OrgIdentity;
  private readonly plan: ListPlan;
  private readonly report: Reporter;

  constructor(reader: OrgReader, org: OrgIdentity, plan: ListPlan, report: Reporter, before?: RawInventory) {
    this.objects = new Map(before?.objects);
    this.unknown = [...(before?.unknown ?? [])];
    this.reader = reader;
    this.org = org;
    this.plan = plan;
    this.report = report;
  }

  /** Reads the collections that one or two kinds share, and splits the rows between them. */
  async readTable(kinds: readonly ResourceKind[]): Promise<void> {
    const [first] = kinds;
    if (first === undefined) return;
    const definition = PROVIDERS[first];
    const paths = [definition.list?.path ?? definition.path, ...(definition.list?.also ?? [])].sort();
    const scopes = this.scopes(definition, kinds);
    const requests = paths.flatMap((path) =>
      scopes.map((query) => ({ ...request(definition, this.org, query), path })),
    );
    const answers = await Promise.all(requests.map((one) => this.list(one, kinds)));
    // What one list shows of a row of the other would be half the row (fact sheet 2.3).
    const rows = paths.length > 1 && this.isUnknown(first) ? [] : answers;
    // The first path's rows win: a row of /v1/function says more than the same row of /v1/prompt (fact sheet 2.3).
    const unique = new Map<string, JsonObject>();
    for (const row of rows.flat()) if (!unique.has(String(row.id))) unique.set(String(row.id), row);
    for (const kind of kinds) {
      const mine = [...unique.values()].filter((row) => belongsTo(PROVIDERS[kind], row));
      this.objects.set(kind, mine);
      this.report({ type: 'list_finished', side: this.plan.side, kind, objects: mine.length });
    }
  }

  /** Asks once per owner; each such request is counted, because their number is the price of these kinds. */
  async readPerOwner(kind: ResourceKind): Promise<void> {
    const definition = PROVIDERS[kind];
    const rule = definition.list?.perOwner;
    if (rule === undefined) return;
    if ((PROVIDERS[kind].names ?? []).some(({ to }) => this.isEmpty(to))) {
      // Without environments there can be no assignment, and nothing to ask for.
      this.objects.set(kind, []);
      return;
    }
    const types = Object.entries(rule.types).filter(
      ([type]) => kind !== 'view' || this.plan.viewOwners.has(type as ViewOwner),
    );
    const owners = types
      .flatMap(([type, ownerKind]) => this.owners(type, ownerKind))
      .filter(({ type, id }) => this.plan.owners?.has(`${type} ${id}`) !== false);
    this.fanOutRequests += owners.length;
    this.missOwners(
      kind,
      types.map(([, ownerKind]) => ownerKind),
    );
    const rows = await Promise.all(
      owners.map(async ({ type, id }) => {
        const own = { object_type: type, object_id: id };
        const base = request(definition, this.org, rule.path === undefined ? own : {});
        const path = rule.path?.replace('{type}', type).replace('{id}', encodeURIComponent(id));
        const found = await this.list(path === undefined ? base : { ...base, path }, [kind]);
        return found.map((row) => ({ ...own, ...row }));
      }),
    );
    this.objects.set(kind, rows.flat());
    this.report({ type: 'list_finished', side: this.plan.side, kind, objects: rows.flat().length });
  }

  private owners(type: string, ownerKind: ResourceKind | 'organization'): { type: string; id: string }[] {
    if (ownerKind === 'organization') return [{ type, id: this.org.orgId }];
    return (this.objects.get(ownerKind) ?? [])
      .filter((row) => this.plan.fansOut(String(ownerKind === 'project' ? row.id : row.project_id)))
      .filter((row) => type !== 'parameters' || row.function_type === 'parameters')
      .map((row) => ({ type, id: String(row.id) }));
  }

  /** True when the list of a kind was read, and holds nothing. */
  private isEmpty(kind: ResourceKind): boolean {
    return this.objects.get(kind)?.length === 0 && !this.isUnknown(kind);
  }

  private isUnknown(kind: ResourceKind): boolean {
    return this.unknown.some((list) => list.kind === kind);
  }

  // What belongs to objects of a list that failed was not asked for.
  private missOwners(kind: ResourceKind, ownerKinds: readonly (ResourceKind | 'organization')[]): void {
    const asked = new Set<string>([...ownerKinds, ...(PROVIDERS[kind].names ?? []).map(({ to }) => to)]);
    const failed = this.unknown.filter((list) => asked.has(list.kind) && list.code !== 'not_supported');
    if (failed.length === 0) return;
    this.miss([kind], 'incomplete', `It is listed by owner, and this list failed: ${failed.map((list) => list.kind)}.`);
  }

  private scopes(definition: ProviderDefinition, kinds: readonly ResourceKind[]): Record<string, string>[] {
    const { projectIds, whole } = this.plan;
    if (definition.list?.byProject !== true || projectIds === undefined || kinds.some((kind) => whole.has(kind)))
      return [{}];
    return projectIds.map((id) => ({ project_id: id }));
  }

  private async list(one: ListRequest, kinds: readonly ResourceKind[]): Promise<readonly JsonObject[]> {
    try {
      const answer = await this.reader.list(one);
      if (answer.complete) return answer.objects;
      this.miss(
        kinds,
        'incomplete',
        `${one.path} answered exactly as many objects as were asked for and has no paging.`,
      );
    } catch (error) {
      if (!(error instanceof BtMigrateError) || endsReading(error)) throw error;
      this.miss(kinds, unknownCode(error), error.detail);
    }
    return [];
  }

  private miss(kinds: readonly ResourceKind[], code: UnknownList['code'], detail: string): void {
    for (const kind of kinds) {
      if (this.isUnknown(kind)) continue;
      this.unknown.push({ kind, code, detail });
      this.report({ type: 'list_failed', side: this.plan.side, kind, code, detail });
    }
  }
}

function request(definition: ProviderDefinition, org: OrgIdentity, query: Record<string, string>): ListRequest {
  const rule = definition.list;
  return {
    kind: definition.kind,
    path: rule?.path ?? definition.path,
    query: rule?.noOrgName === true ? query : { org_name: org.orgName, ...query },
    paging: rule?.paging ?? 'cursor',
    envelope: rule?.envelope ?? 'objects',
  };
}

function tables(kinds: readonly ResourceKind[]): ResourceKind[][] {
  const groups = new Map<string, ResourceKind[]>();
  for (const kind of kinds) {
    const partner = PROVIDERS[kind].sharesTableWith;
    const key = partner === undefined ? kind : [kind, partner].sort().join();
    groups.set(key, [...(groups.get(key) ?? []), kind]);
  }
  return [...groups.values()];
}

function belongsTo(definition: ProviderDefinition, row: JsonObject): boolean {
  if (definition.keep !== undefined) return definition.keep(row);
  const partner = definition.sharesTableWith === undefined ? undefined : PROVIDERS[definition.sharesTableWith];
  return partner?.keep === undefined || !partner.keep(row);
}
