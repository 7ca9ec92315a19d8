import { DEFAULT_ROW_SWITCHES, type RowSwitches } from './rows/row-switches.ts';

/**
 * Questions about the real API that no evidence settles; each has a line in docs/api-assumptions.md.
 * The defaults are what we believe; the tool is tested under both answers.
 */
export interface WorldSwitches extends RowSwitches {
  /** POST on a taken prompt or function slug replaces the content (true) or only writes a new version of the stored content. */
  readonly functionPostOverwrites: boolean;
  /** How PATCH treats nested objects: merged at every depth, or replaced at the first level. */
  readonly patchMerge: 'deep' | 'shallow';
  /** PATCH with null empties a field instead of leaving it (the specification says that it cannot). */
  readonly patchNullClears: boolean;
  /** POST on a taken name of these kinds carries `x-bt-found-existing`. Recorded for project and dataset. */
  readonly foundExistingKinds: readonly string[];
  /** System roles have the same ids in every org. */
  readonly systemRoleIdsGlobal: boolean;
  /** A person has one user id in all orgs; false gives each org its own, as on two control planes. */
  readonly userIdsGlobal: boolean;
  /** `/v1/prompt` lists prompt-like functions with a function_type (scorers, tools) too. */
  readonly promptListShowsTyped: boolean;
  /** A write is refused when an id at any depth of it belongs to another org; off, only declared references are looked up. */
  readonly nestedReferencesChecked: boolean;
  /** `GET /ping` answers; a third party saw 404 on the hosted service. */
  readonly servesPing: boolean;
}

export const DEFAULT_SWITCHES: WorldSwitches = {
  ...DEFAULT_ROW_SWITCHES,
  functionPostOverwrites: true,
  patchMerge: 'deep',
  patchNullClears: false,
  foundExistingKinds: ['project', 'dataset', 'dataset_snapshot'],
  systemRoleIdsGlobal: true,
  userIdsGlobal: true,
  promptListShowsTyped: true,
  nestedReferencesChecked: false,
  servesPing: true,
};
