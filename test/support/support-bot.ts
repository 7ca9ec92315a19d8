import type { Shown } from './emulator-client.ts';
import type { Migration } from './migration.ts';
import { chat, migrate, type TwoOrgs } from './two-orgs.ts';

type Body = Readonly<Record<string, unknown>>;

/** The project `Support bot` of a source, and what a test of destroy asks of its copy. */
export class SupportBot {
  readonly orgs: TwoOrgs;
  readonly project: Shown;

  private constructor(orgs: TwoOrgs, project: Shown) {
    this.orgs = orgs;
    this.project = project;
  }

  static async start(orgs: TwoOrgs): Promise<SupportBot> {
    return new SupportBot(orgs, await orgs.project());
  }

  /** Makes an object of a kind in the source. */
  make(kind: string, body: Body): Promise<Shown> {
    return this.orgs.source.object('POST', `/v1/${kind}`, { project_id: this.project.id, ...body });
  }

  /** Makes a tool in the source. */
  tool(slug: string, more: Body = {}): Promise<Shown> {
    return this.make('function', {
      name: slug,
      slug,
      function_type: 'tool',
      function_data: { type: 'prompt' },
      ...more,
    });
  }

  /** Writes rows with these ids in one transaction. */
  async rows(side: 'source' | 'destination', container: Body, ...ids: readonly string[]): Promise<void> {
    const rows = ids.map((id) => ({ id, ...container, input: side }));
    await this.orgs[side].object('POST', '/logs3', { rows, api_version: 2 });
  }

  /** The one object of this name in the destination. */
  there(kind: string, name: string): Promise<Shown> {
    return this.orgs.found('destination', `/v1/${kind}`, name);
  }

  /** Names of all objects of a kind in the destination. */
  async names(kind: string): Promise<unknown[]> {
    return (await this.orgs.destination.list(`/v1/${kind}`)).map(({ name }) => name).sort();
  }

  /** Gives it a dataset of two rows, an experiment over it that is the baseline, a tool and a log, and migrates all. */
  async migrated(yaml = ''): Promise<Migration> {
    const golden = await this.make('dataset', { name: 'Golden' });
    await this.rows('source', { dataset_id: golden.id }, 'r0', 'r1');
    const run = await this.make('experiment', { name: 'Run', dataset_id: golden.id });
    const settings = { baseline_experiment_id: run.id };
    await this.orgs.source.object('PATCH', `/v1/project/${this.project.id}`, { settings });
    await this.tool('tool');
    await this.rows('source', { project_id: this.project.id, log_id: 'g' }, 'l0');
    const migration = this.orgs.migration(yaml);
    await migrate(migration);
    return migration;
  }
}

/** The part of a prompt body that uses this tool. */
export function using(id: string): Record<string, unknown> {
  return { prompt_data: chat('Use it.', { tool_functions: [{ type: 'function', id }] }) };
}
