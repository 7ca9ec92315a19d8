import type { Address } from '../domain/address.ts';
import { isObject, type Json, JsonNumber, type JsonObject } from '../domain/json.ts';
import type { StreamKind } from '../domain/kind.ts';
import { markerText } from '../domain/marker.ts';
import type { Inventory, Resource } from '../domain/resource.ts';
import type { SurveyedStream } from '../inventory/survey-streams.ts';

const DAY_MS = 86_400_000;

/** Object types of retention rules (fact sheet 2.3). */
const RETAINED: Readonly<Record<string, StreamKind>> = {
  project_logs: 'logs',
  experiment: 'experiment_rows',
  dataset: 'dataset_rows',
};

/** Automations that do nothing because rows arrive: what they wait for is a clock, an assignment, or a person. */
const NOT_BY_ROWS: ReadonlySet<string> = new Set(['environment_update', 'topic_digest', 'async_query']);

/** Rules that live in the destination, by the project they live in. */
export type RulesByProject = ReadonlyMap<Address, readonly Resource[]>;

export function rulesByProject(destination: Inventory): RulesByProject {
  const rules = new Map<Address, Resource[]>();
  for (const resource of destination.resources.values()) {
    if (resource.project === undefined || !isRule(resource)) continue;
    rules.set(resource.project, [...(rules.get(resource.project) ?? []), resource]);
  }
  return rules;
}

/**
 * Rules of the destination that would act on copied rows, by address: online scorers and automations that are switched on,
 * and retention of less time than the oldest row's age. `asOf` is the day by which age is judged.
 */
export function triggersOf(stream: SurveyedStream, rules: RulesByProject, asOf: string): Address[] {
  return (rules.get(stream.source.project ?? '') ?? [])
    .filter((rule) => (rule.kind === 'project_score' ? scores(rule, stream) : automates(rule, stream, asOf)))
    .map(({ address }) => address)
    .sort();
}

function isRule({ kind, fields }: Resource): boolean {
  return kind === 'project_automation' || (kind === 'project_score' && onlineOf(fields) !== undefined);
}

// Online scoring is about logs (fact sheet 10.1 no. 16).
function scores({ fields }: Resource, { stream }: SurveyedStream): boolean {
  const rate = onlineOf(fields)?.sampling_rate;
  return stream === 'logs' && numberOf(rate) !== 0;
}

function onlineOf({ config }: JsonObject): JsonObject | undefined {
  const online = isObject(config) ? config.online : undefined;
  return isObject(online) ? online : undefined;
}

function automates({ fields }: Resource, stream: SurveyedStream, asOf: string): boolean {
  const config = isObject(fields.config) ? fields.config : {};
  const type = String(config.event_type);
  if (NOT_BY_ROWS.has(type) || config.status === 'paused') return false;
  if (type === 'retention')
    return RETAINED[String(config.object_type)] === stream.stream && isOlder(config, stream, asOf);
  const scope = isObject(config.data_scope) ? markerText(config.data_scope.experiment_id, '$ref') : undefined;
  return scope === undefined ? stream.stream === 'logs' : scope === stream.source.address;
}

// Retention deletes by the time of creation (fact sheet 2.3); of rows that were not counted nothing is known.
function isOlder({ retention_days: days }: JsonObject, { count }: SurveyedStream, asOf: string): boolean {
  if (count === null || count === 'failed' || count.oldest === null) return true;
  return Date.parse(count.oldest) < Date.parse(asOf) - (numberOf(days) ?? 0) * DAY_MS;
}

function numberOf(value: Json | undefined): number | undefined {
  if (value instanceof JsonNumber) return Number(value.literal);
  return typeof value === 'number' ? value : undefined;
}
