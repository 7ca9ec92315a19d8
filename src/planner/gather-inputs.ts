import type { Reporter } from '../domain/event.ts';
import type { OrgReader } from '../domain/org.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateStore } from '../domain/state.ts';
import { readInventories } from '../inventory/read-inventories.ts';
import { listStreams, surveyStreams } from '../inventory/survey-streams.ts';
import { checkOverrides } from './check-overrides.ts';
import { checkSecrets } from './check-secrets.ts';
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
}: GatherOptions): Promise<DecisionInputs> {
  checkOverrides(spec);
  checkSecrets(spec);
  const state = await store.snapshot();
  const inventories = await readInventories({ source, destination, spec, state, report });
  const about = { spec, state, inventories, source, destination, report };
  const streams = rows === 'ignored' ? [] : rows === 'listed' ? listStreams(about) : await surveyStreams(about);
  return { spec, ...inventories, state, asOf, streams, secretHmacs: await hmacsOfSecrets(spec, store, state.lineage) };
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
