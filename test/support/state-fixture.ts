import { sha256 } from '../../src/domain/fingerprint.ts';
import type { IdMapping, LeaseHolder, RunRequest } from '../../src/domain/state.ts';

export const BUILD_7: LeaseHolder = {
  host: 'build-7',
  pid: 4711,
  bootId: 'boot-1',
  jobUrl: 'https://ci.acme.example/jobs/12',
};

export const BUILD_8: LeaseHolder = { host: 'build-8', pid: 4712, bootId: 'boot-2', jobUrl: null };

export const NIGHTLY: RunRequest = {
  planDigest: sha256('nightly plan'),
  sourceOrgId: 'acme-dev',
  destinationOrgId: 'acme-prod',
  toolVersion: '0.1.0',
};

export const TRIAGE: IdMapping = {
  kind: 'prompt',
  sourceId: 'source-triage',
  destinationId: 'destination-triage',
  address: 'prompt.Support-bot.triage',
  origin: 'created',
  fingerprint: sha256('triage'),
};

/** A mapping like `TRIAGE` for the prompt with this slug. */
export function promptMapping(slug: string): IdMapping {
  return {
    ...TRIAGE,
    sourceId: `source-${slug}`,
    destinationId: `destination-${slug}`,
    address: `prompt.Support-bot.${slug}`,
    fingerprint: sha256(slug),
  };
}
