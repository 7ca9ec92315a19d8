import { BtMigrateError } from '../domain/errors.ts';
import type { Spec } from '../domain/spec.ts';

/**
 * Makes sure that both sides have an API key, before anything is sent.
 * @throws BTM_CREDENTIALS_MISSING naming every variable that is not set.
 */
export function requireKeys(spec: Spec): void {
  const missing = (['source', 'destination'] as const).filter((side) => spec[side].apiKey === undefined);
  if (missing.length === 0) return;
  const names = [...new Set(missing.map((side) => spec[side].apiKeyName))];
  const needs = missing.map((side) => `$${spec[side].apiKeyName} for the ${side}`).join(' and ');
  throw new BtMigrateError('BTM_CREDENTIALS_MISSING', {
    detail: `No API key: ${needs} ${missing.length === 1 ? 'is' : 'are'} not set.`,
    hint: `Set ${names.map((name) => `$${name}`).join(' and ')} in the environment or in .env, and run again.`,
  });
}
