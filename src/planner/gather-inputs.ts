import type { Address } from '../domain/address.ts';
import type { Reporter } from '../domain/event.ts';
import { STREAM_OF } from '../domain/kind.ts';
import type { OrgReader } from '../domain/org.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateStore } from '../domain/state.ts';
import { countHeldRows } from '../inventory/held-rows.ts';
import { readHistory } from '../inventory/read-history.ts';
import { readInventories } from '../inventory/read-inventories.ts';
import { listStreams, surveyStreams } from '../inventory/survey-streams.ts';
import type { FindVanishedRows } from '../inventory/vanished-rows.ts';
import { checkOverrides } from './check-overrides.ts';
import { checkSecrets } from './check-secrets.ts';
import { goneObjects } from './decide-deletions.ts';
import type { DecisionInputs } from './decide-drafts.ts';

export interface GatherOptions {
  readonly spec: Spec;
  readonly source: OrgReader;
  readonly destination: OrgReader;
  readonly store: StateStore;
  /** UTC date, YYYY-MM-DD. */
  readonly asOf: string;
  readonly report: Reporter;
  /** `counted`: what there is to copy; `listed`: only where rows may be; `ignored`: nothing is said about rows. */
  readonly rows: 'counted' | 'listed' | 'ignored';
  /** Finds rows that the source no longer has; asked with `policy.prune`, when rows are counted. */
  readonly findVanishedRows?: FindVanishedRows;
}

/** Reads what a decision is made from: both organizations and the state. Writes nothing anywhere; takes no lock. */
export async function gatherInputs({
  spec,
  source,
  destination,
  store,
  asOf,
  report,
  rows,
  findVanishedRows,
}: GatherOptions): Promise<DecisionInputs> {
  checkOverrides(spec);
  checkSecrets(spec);
  const state = await store.snapshot();
  const inventories = await readInventories({ source, destination, spec, state, report });
  const about = { spec, state, inventories, source, destination, report };
  const streams = rows === 'ignored' ? [] : rows === 'listed' ? listStreams(about) : await surveyStreams(about);
  const prunes = spec.policy.prune && rows === 'counted' && findVanishedRows !== undefined;
  const vanished = prunes ? await findVanishedRows({ ...about, streams: store.streams }) : [];
  const history = await readHistory(inventories.source, inventories.destination, { reader: source, report });
  const foreignRows = await countDoomed({ spec, ...inventories, state }, destination, { store, report });
  const secretHmacs = await hmacsOfSecrets(spec, store, state.lineage);
  return { spec, ...inventories, state, asOf, streams, vanished, history, foreignRows, secretHmacs };
}

// Without a state there is no key to make an HMAC with, and nothing was ever written that could have changed.
async function hmacsOfSecrets(spec: Spec, store: StateStore, lineage: string | null): Promise<Map<string, string>> {
  const hmacs = new Map<string, string>();
  if (lineage === null) return hmacs;
  for (const [address, { value }] of spec.secrets) {
    if (value !== undefined) hmacs.set(address, await store.secretHmac(value.reveal()));
  }
  return hmacs;
}

// A container is only deleted when every row in it is ours; one that could not be counted is not in the answer.
async function countDoomed(
  inputs: Pick<DecisionInputs, 'spec' | 'source' | 'destination' | 'state'>,
  reader: OrgReader,
  { store, report }: Pick<GatherOptions, 'store' | 'report'>,
): Promise<Map<Address, number>> {
  const counts = new Map<Address, number>();
  if (!inputs.spec.policy.prune) return counts;
  const containers = goneObjects(inputs).flatMap(({ mapping, resource: { kind, id, address } }) => {
    const stream = kind === 'project' ? undefined : STREAM_OF[kind];
    return stream === undefined ? [] : [{ address, destination: { stream, id }, sourceId: mapping.sourceId }];
  });
  const held = await countHeldRows(containers, { reader, store: store.streams, report });
  for (const [n, { address }] of containers.entries()) {
    const rows = held[n];
    if (rows !== undefined) counts.set(address, rows.notOurs);
  }
  return counts;
}
