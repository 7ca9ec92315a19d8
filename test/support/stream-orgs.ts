import type { Plan } from '../../src/domain/plan.ts';
import type { Shown } from './emulator-client.ts';
import type { TwoOrgs } from './two-orgs.ts';

type Side = 'source' | 'destination';
type Row = Readonly<Record<string, unknown>>;

/** Makes containers and rows of two orgs, and looks at what a plan asked for. */
export class StreamOrgs {
  readonly orgs: TwoOrgs;

  constructor(orgs: TwoOrgs) {
    this.orgs = orgs;
  }

  /** Makes an object of a kind in a project. */
  make(side: Side, kind: string, project: Shown, name: string, more: Row = {}): Promise<Shown> {
    return this.orgs[side].object('POST', `/v1/${kind}`, { project_id: project.id, name, ...more });
  }

  /** Writes rows in one transaction and returns it. */
  async insert(side: Side, rows: readonly Row[]): Promise<string> {
    const { xact_id } = await this.orgs[side].object('POST', '/logs3', { rows, api_version: 2 });
    return String(xact_id);
  }

  /** Queries that were sent since the request log was cleared. */
  queries(): string[] {
    const sent = this.orgs.emulator.requests.matching('POST', '/btql');
    return sent.map(({ org, body }) => `${org}: ${body?.replaceAll('\n', ' ')}`);
  }

  async ids(): Promise<{ source: string; destination: string }> {
    const idOf = async (side: Side, name: string): Promise<string> => {
      const list = await this.orgs[side].list('/v1/organization');
      return String(list.find((org) => org.name === name)?.id);
    };
    return { source: await idOf('source', 'Acme Dev'), destination: await idOf('destination', 'Acme Prod') };
  }
}

/** Log rows `l0`, `l1` …, or from another number on. */
export function logRows(project: Shown, count: number, more: Row = {}, first = 0): Row[] {
  const keys = { project_id: project.id, log_id: 'g' };
  return Array.from({ length: count }, (_, n) => ({ id: `l${first + n}`, ...keys, input: { order: 17 }, ...more }));
}

/** Rows `r0`, `r1` … of the container that these keys name. */
export function rowsOf(container: Row, count: number): Row[] {
  return Array.from({ length: count }, (_, n) => ({ id: `r${n}`, ...container, input: `ticket ${n}` }));
}

/** Addresses of the streams that a plan copies. */
export function copies(plan: Plan): string[] {
  return plan.actions.flatMap(({ op, address }) => (op === 'copy' ? [address] : [])).sort();
}
