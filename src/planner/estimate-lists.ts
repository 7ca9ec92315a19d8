import { type Address, kindOf } from '../domain/address.ts';
import type { ResourceKind } from '../domain/kind.ts';
import { type PlannedAction, records, writes } from '../domain/plan.ts';
import type { Inventory } from '../domain/resource.ts';
import { kindsOfWork } from '../inventory/kinds-of-work.ts';
import { isListedByOwner, ownersOfWork } from '../inventory/owners-of-work.ts';
import { listedProjects } from '../inventory/select-projects.ts';
import { ownersOf } from '../providers/owners-of.ts';
import { PROVIDERS, providerOf } from '../providers/registry.ts';
import type { PlanInputs } from './plan-inputs.ts';

/** Objects of a page of a list (fact sheet 2.1). */
const PAGE = 1000;

/**
 * Requests that apply takes to log in and to list again, on each side, what it writes and what that refers to; with
 * nothing to do it sends none. A server that cuts pages short takes more.
 */
export function estimateLists(
  { spec, source, destination }: Pick<PlanInputs, 'spec' | 'source' | 'destination'>,
  actions: readonly PlannedAction[],
): { readonly source: number; readonly destination: number } {
  const work = actions.filter((action) => writes(action.op) || records(action));
  if (work.length === 0) return { source: 0, destination: 0 };
  const kinds = kindsOfWork(work);
  const addresses = work.map(({ address }) => address);
  const projects = listedProjects(
    spec,
    [...source.resources.keys()].filter((address) => kindOf(address) === 'project'),
  );
  return {
    source: 1 + requestsFor(source, kinds, addresses, projects),
    destination: 1 + requestsFor(destination, kinds, addresses, projects) + looksBeforeCreates(destination, work),
  };
}

// Whether a key was taken meanwhile is looked up once a project and table.
function looksBeforeCreates({ resources }: Inventory, work: readonly PlannedAction[]): number {
  const places = new Set<string>();
  for (const { op, address } of work) {
    if (op !== 'create') continue;
    const { kind, writes: rules, sharesTableWith = kind } = providerOf(address);
    const project = ownersOf(address).at(-1) ?? '';
    if (rules?.silentPost === true && resources.has(project))
      places.add([[kind, sharesTableWith].sort(), project].join(' '));
  }
  return 2 * places.size;
}

function requestsFor(
  inventory: Inventory,
  kinds: readonly ResourceKind[],
  addresses: readonly Address[],
  projects: readonly Address[] | undefined,
): number {
  const counts = new Map<string, number>();
  const count = (key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { kind, project } of inventory.resources.values()) {
    count(kind);
    if (projects !== undefined) count(`${kind} ${project}`);
  }
  let requests = 0;
  for (const kind of kinds) {
    const { list, sharesTableWith } = PROVIDERS[kind];
    const pages = (scope: string): number => {
      if (list?.paging === 'whole') return 1;
      const rows = [kind, sharesTableWith].map((one) => counts.get(`${one}${scope}`) ?? 0);
      return Math.ceil(rows.reduce((sum, one) => sum + one, 0) / PAGE) + 1;
    };
    if (isListedByOwner(kind)) {
      const mine = ownersOfWork(
        addresses.filter((address) => kindOf(address) === kind),
        inventory,
      );
      requests += mine.size * (list?.paging === 'whole' ? 1 : 2);
    } else if (list?.byProject === true && projects !== undefined) {
      const here = projects.filter((project) => inventory.resources.has(project));
      for (const project of here) requests += pages(` ${project}`);
    } else requests += pages('');
  }
  return requests;
}
