import { type ForkedServer, forkEmulator } from '../../test/support/forked-server.ts';
import { rowBodies } from './stream-rows.ts';

const CONTROL = 'bench';
export const SOURCE = { name: 'Acme Dev', key: 'sk-bench-source' };
export const PROJECT = 'Support bot';

/** What is copied, and under which conditions. */
export interface StreamCase {
  readonly title: string;
  readonly rows: number;
  readonly rowBytes: number;
  /** 1: the logs of the project; more: so many experiments of it. */
  readonly containers: number;
  /** Milliseconds that each request of a kind takes longer. */
  readonly latency: { readonly btql?: number; readonly write_rows?: number; readonly blob?: number };
  /** BTQL requests a minute and org; null for no limit. */
  readonly limit: number | null;
}

/** A container with the keys that its rows carry. */
export interface Place {
  readonly type: 'project_logs' | 'experiment';
  readonly id: string;
}

/** One emulator in a process of its own: an org with rows, and an empty org for each of those who are to copy them. */
export class StreamOrgs {
  readonly server: ForkedServer;
  readonly sourceProject: string;
  readonly source: readonly Place[];

  private constructor(server: ForkedServer, sourceProject: string, source: readonly Place[]) {
    this.server = server;
    this.sourceProject = sourceProject;
    this.source = source;
  }

  static async start(one: StreamCase, destinations: readonly string[]): Promise<StreamOrgs> {
    const orgs = [SOURCE, ...destinations.map((name) => ({ name, key: keyOf(name) }))];
    const server = await forkEmulator({ orgs, controlToken: CONTROL });
    const { project, places } = await createPlaces(server.url, SOURCE.key, one);
    for (const place of places) {
      for (const body of rowBodies(one.rows / one.containers, one.rowBytes, containerKeys(place))) {
        await post(
          server.url,
          SOURCE.key,
          '/logs3',
          Buffer.concat([Buffer.from('{"rows":['), body, Buffer.from('],"api_version":2}')]),
        );
      }
    }
    const opened = new StreamOrgs(server, project, places);
    await opened.control('POST', 'latency', one.latency);
    return opened;
  }

  /** The same containers, empty, in the org of this name. */
  async createIn(name: string, one: StreamCase): Promise<readonly Place[]> {
    return (await createPlaces(this.server.url, keyOf(name), one)).places;
  }

  async setLimit(requests: number | null): Promise<void> {
    await this.control('POST', 'limits', requests === null ? {} : { btql: { requests, perSeconds: 60 } });
  }

  async control(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.server.url}/__control/${path}`, {
      method,
      headers: { 'x-control-token': CONTROL, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}

export function keyOf(org: string): string {
  return org === SOURCE.name ? SOURCE.key : `sk-bench-${org.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;
}

function containerKeys({ type, id }: Place): Record<string, string> {
  return type === 'experiment' ? { experiment_id: id } : { project_id: id, log_id: 'g' };
}

export async function post(url: string, key: string, path: string, body: Buffer | string): Promise<Buffer> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body,
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok)
    throw new Error(`POST ${path} answered ${response.status}: ${bytes.toString('utf8').slice(0, 300)}`);
  return bytes;
}

async function createPlaces(url: string, key: string, one: StreamCase): Promise<{ project: string; places: Place[] }> {
  const create = async (path: string, body: unknown): Promise<string> =>
    (JSON.parse((await post(url, key, path, JSON.stringify(body))).toString('utf8')) as { id: string }).id;
  const project = await create('/v1/project', { name: PROJECT });
  if (one.containers === 1) return { project, places: [{ type: 'project_logs', id: project }] };
  const places: Place[] = [];
  for (let n = 0; n < one.containers; n++) {
    const id = await create('/v1/experiment', { project_id: project, name: `Run ${String(n).padStart(3, '0')}` });
    places.push({ type: 'experiment', id });
  }
  return { project, places };
}
