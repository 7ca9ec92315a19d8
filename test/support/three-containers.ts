import type { Plan } from '../../src/domain/plan.ts';
import type { Migration } from './migration.ts';
import { StreamOrgs } from './stream-orgs.ts';
import { migrate, type TwoOrgs } from './two-orgs.ts';

export const SCOPE = 'resources: { include: [projects, datasets, experiments, logs, dataset_rows, experiment_rows] }\n';
export const LOGS = 'logs."Support bot"';
export const TICKETS = 'dataset_rows."Support bot".Tickets';
export const BASELINE = 'experiment_rows."Support bot".Baseline';

type Side = 'source' | 'destination';
type Row = Readonly<Record<string, unknown>>;

const KEYS = {
  logs: (id: string) => ({ project_id: id, log_id: 'g' }),
  dataset: (id: string) => ({ dataset_id: id }),
  experiment: (id: string) => ({ experiment_id: id }),
} as const;
type Kind = keyof typeof KEYS;
const LISTS = { logs: '/v1/project', dataset: '/v1/dataset', experiment: '/v1/experiment' } as const;
const NAMES = { logs: 'Support bot', dataset: 'Tickets', experiment: 'Baseline' } as const;
const QUERIES = { logs: 'project_logs', dataset: 'dataset', experiment: 'experiment' } as const;

/** The log of a project, a dataset and an experiment: one container of each stream, and what a test of deleted rows asks of them. */
export class ThreeContainers {
  readonly orgs: TwoOrgs;
  readonly streams: StreamOrgs;

  private constructor(orgs: TwoOrgs) {
    this.orgs = orgs;
    this.streams = new StreamOrgs(orgs);
  }

  /** Makes them in the source. */
  static async start(orgs: TwoOrgs): Promise<ThreeContainers> {
    const containers = new ThreeContainers(orgs);
    const project = await orgs.project(NAMES.logs);
    await containers.streams.make('source', 'dataset', project, NAMES.dataset);
    await containers.streams.make('source', 'experiment', project, NAMES.experiment);
    return containers;
  }

  async idOf(side: Side, kind: Kind): Promise<string> {
    return (await this.orgs.found(side, LISTS[kind], NAMES[kind])).id;
  }

  async write(side: Side, kind: Kind, rows: readonly Row[]): Promise<void> {
    const keys = KEYS[kind](await this.idOf(side, kind));
    await this.streams.insert(
      side,
      rows.map((row) => ({ ...keys, ...row })),
    );
  }

  /** Ids of the rows that can be read. */
  async held(side: Side, kind: Kind): Promise<string[]> {
    const query = `select: id | from: ${QUERIES[kind]}('${await this.idOf(side, kind)}') spans | limit: 100000`;
    const { text } = await this.orgs[side].call('POST', '/btql', { query, fmt: 'jsonl' });
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => String((JSON.parse(line) as { id: unknown }).id))
      .sort();
  }

  /** Everything that was written so far can be read for more than a minute. */
  settle(): void {
    this.orgs.emulator.clock.advance(120_000);
  }

  /** Copies so many rows of each, then sets the spec that decides about deletions. */
  async copied(policy: string, rows = 10): Promise<Migration> {
    for (const kind of ['logs', 'dataset', 'experiment'] as const) await this.write('source', kind, numbered(rows));
    this.settle();
    const migration = this.orgs.migration(SCOPE);
    await migrate(migration);
    this.settle();
    migration.respec(`${SCOPE}${policy}`);
    return migration;
  }
}

/** Rows `r0`, `r1` … */
export function numbered(count: number): { id: string; input: string }[] {
  return Array.from({ length: count }, (_, n) => ({ id: `r${n}`, input: `ticket ${n}` }));
}

/** Markers that delete the rows with these ids. */
export function deleted(...ids: readonly string[]): Row[] {
  return ids.map((id) => ({ id, _object_delete: true }));
}

/** Ids of ten numbered rows without these. */
export function left(...gone: readonly string[]): string[] {
  return numbered(10)
    .map(({ id }) => id)
    .filter((id) => !gone.includes(id));
}

/** What a plan deletes, by address. */
export function rowDeletions(plan: Plan): Record<string, unknown> {
  return Object.fromEntries(
    plan.actions.flatMap(({ op, address, before }) => (op === 'delete' ? [[address, before]] : [])),
  );
}
