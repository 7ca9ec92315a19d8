import type { ChaosServer } from './chaos-server.ts';

export interface Resent {
  /** Rows in the destination. */
  readonly rows: number;
  /** Versions too many: rows that were written again, whatever the reason. */
  readonly rewritten: number;
  /** Containers in which an attempt wrote again what more than one request of an earlier attempt had written. */
  readonly troubles: readonly string[];
}

/**
 * What was written more than once. A killed attempt leaves at most one batch of a container that is written and not
 * acknowledged, so the next one may repeat the rows of one request, and no more.
 * @param begins for every attempt a transaction from before it
 */
export async function findResent(server: ChaosServer, begins: readonly bigint[]): Promise<Resent> {
  const paths = ['project', 'dataset', 'experiment'];
  const lists = await Promise.all(paths.map((path) => server.destination.list(`/v1/${path}`)));
  const containers = new Set(lists.flat().map(({ id }) => id));
  const troubles: string[] = [];
  let rows = 0;
  let rewritten = 0;
  for (const { container, rows: versions } of (await server.dump()).rows) {
    if (!containers.has(container.id)) continue;
    const newest = new Map<string, bigint>();
    /** By attempt: the requests of earlier attempts whose rows it wrote again. */
    const repeated = new Map<number, Set<bigint>>();
    for (const { json = '', _xact_id: text = '' } of versions) {
      const id = String((JSON.parse(json) as { id?: string }).id);
      const xact = BigInt(text);
      const before = newest.get(id);
      newest.set(id, xact);
      if (before === undefined) continue;
      rewritten += 1;
      const attempt = begins.findLastIndex((begin) => begin < xact);
      if (before > (begins[attempt] ?? 0n)) continue;
      repeated.set(attempt, (repeated.get(attempt) ?? new Set()).add(before));
    }
    rows += newest.size;
    for (const [attempt, requests] of repeated) {
      if (requests.size === 1) continue;
      troubles.push(`attempt ${attempt + 1} sent again ${requests.size} batches of ${container.type} ${container.id}`);
    }
  }
  return { rows, rewritten, troubles };
}
