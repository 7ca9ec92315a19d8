import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isObject, type Json, JsonNumber, type JsonObject } from '../../domain/json.ts';
import type { ResourceKind, StreamKind } from '../../domain/kind.ts';
import { parseJson } from '../../domain/parse-json.ts';
import { usageError } from '../usage-error.ts';

/** What a run of braintrust-migrate left in its folder. */
export interface Checkpoints {
  /** Names of the projects it had begun. */
  readonly projects: readonly string[];
  readonly pairs: readonly CheckpointPair[];
  readonly cursors: readonly CheckpointCursor[];
  /** Unix seconds before which the run cannot have started; null when its folder has no time in its name. */
  readonly startedAfter: number | null;
  /** Files of row cursors that do not say of which containers they are. */
  readonly unassigned: readonly string[];
}

export interface CheckpointPair {
  readonly kind: ResourceKind;
  readonly sourceId: string;
  readonly destinationId: string;
}

/** Up to which `_pagination_key` the rows of a container were sent. */
export interface CheckpointCursor {
  readonly stream: StreamKind;
  /** Source id; the name of the project for logs, whose id is in no file. */
  readonly container: string;
  readonly key: string;
  readonly rows: number;
  readonly bytes: number;
}

const KINDS: Readonly<Record<string, ResourceKind>> = {
  aisecrets: 'ai_secret',
  roles: 'role',
  groups: 'group',
  datasets: 'dataset',
  projecttags: 'project_tag',
  spaniframes: 'span_iframe',
  functions: 'function',
  prompts: 'prompt',
  projectscores: 'project_score',
  experiments: 'experiment',
  views: 'view',
  acls: 'acl',
};

/** Folders of a run that are no projects. */
const GLOBAL: readonly string[] = ['organization', 'post_project_global'];
const STREAMS: readonly { readonly folder: string; readonly stream: StreamKind; readonly kind: ResourceKind }[] = [
  { folder: 'dataset_events', stream: 'dataset_rows', kind: 'dataset' },
  { folder: 'experiment_events', stream: 'experiment_rows', kind: 'experiment' },
];
const SUFFIX = '_state.json';
/** Containers whose rows it reads by one query, unless it was told otherwise. */
const GROUP = 25;
/** Its folders are named by a local time; the furthest zone is this far ahead of UTC. */
const FURTHEST_ZONE_SECONDS = 14 * 3600;

/**
 * Reads the folder of one run; nothing in it is changed.
 * @throws BTM_USAGE when it is no such folder, holds several runs, or has a file that cannot be read.
 */
export function readCheckpoints(folder: string): Checkpoints {
  const scopes = subfolders(folder).filter((name) => isScope(join(folder, name)));
  if (scopes.length === 0) throw noRun(folder);
  const pairs: CheckpointPair[] = [];
  const cursors: CheckpointCursor[] = [];
  const unassigned: string[] = [];
  for (const scope of scopes) {
    const place = join(folder, scope);
    const ids = new Map<ResourceKind, readonly string[]>();
    for (const file of readdirSync(place).filter((name) => name.endsWith(SUFFIX))) {
      const kind = KINDS[file.slice(0, -SUFFIX.length)];
      if (kind === undefined) continue;
      const mapped = readPairs(join(place, file), kind);
      ids.set(
        kind,
        mapped.map(({ sourceId }) => sourceId),
      );
      pairs.push(...mapped);
    }
    const logs = readCursor(join(place, `logs_streaming${SUFFIX}`));
    if (logs !== undefined) cursors.push({ stream: 'logs', container: scope, ...logs });
    for (const { folder: events, stream, kind } of STREAMS) {
      for (const file of filesOf(join(place, events))) {
        const cursor = readCursor(join(place, events, file));
        if (cursor === undefined) continue;
        const containers = membersOf(file.slice(0, -SUFFIX.length), ids.get(kind) ?? []);
        if (containers.length === 0) unassigned.push(join(scope, events, file));
        // What was counted is the sum of the group.
        const each = { ...cursor, rows: 0, bytes: 0 };
        for (const container of containers) {
          cursors.push({ stream, container, ...(containers.length === 1 ? cursor : each) });
        }
      }
    }
  }
  const projects = scopes.filter((name) => !GLOBAL.includes(name));
  return { projects, pairs, cursors, unassigned, startedAfter: startOf(basename(folder)) };
}

function subfolders(folder: string): string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw noRun(folder);
  return readdirSync(folder)
    .filter((name) => statSync(join(folder, name)).isDirectory())
    .sort();
}

function isScope(folder: string): boolean {
  return readdirSync(folder).some((name) => name.endsWith(SUFFIX));
}

function noRun(folder: string): Error {
  const runs = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).filter(isRunName) : [];
  return usageError(
    `${folder} is not the folder of one run of braintrust-migrate.`,
    runs.length > 0
      ? `It holds runs: name one of them, such as ${join(folder, runs.sort().at(-1) ?? '')}.`
      : 'Name the folder that holds a folder for each project, with files such as prompts_state.json in them.',
  );
}

function isRunName(name: string): boolean {
  return startOf(name) !== null;
}

function startOf(name: string): number | null {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})$/.exec(name)?.map(Number) ?? [];
  if (year === undefined || month === undefined) return null;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - FURTHEST_ZONE_SECONDS;
}

function filesOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .sort();
}

function readPairs(file: string, kind: ResourceKind): CheckpointPair[] {
  const { id_mapping: mapping } = readObject(file);
  if (mapping === undefined) return [];
  if (!isObject(mapping)) throw damaged(file);
  return Object.entries(mapping).map(([sourceId, destinationId]) => {
    if (typeof destinationId !== 'string') throw damaged(file);
    return { kind, sourceId, destinationId };
  });
}

function readCursor(file: string): Pick<CheckpointCursor, 'key' | 'rows' | 'bytes'> | undefined {
  if (!existsSync(file)) return undefined;
  const { btql_min_pagination_key: key, inserted_events: rows, inserted_bytes: bytes } = readObject(file);
  if (typeof key !== 'string') return undefined;
  return { key, rows: countOf(rows), bytes: countOf(bytes) };
}

function countOf(value: Json | undefined): number {
  return value instanceof JsonNumber ? Number(value.literal) : typeof value === 'number' ? value : 0;
}

/** A stream of several containers is named by a hash of their ids, in the order in which they were migrated. */
function membersOf(name: string, ids: readonly string[]): readonly string[] {
  if (!name.startsWith('group_')) return [name];
  for (let at = 0; at < ids.length; at += 1) {
    for (let count = 2; count <= GROUP && at + count <= ids.length; count += 1) {
      const members = ids.slice(at, at + count);
      const hash = createHash('sha1').update(members.join(',')).digest('hex').slice(0, 12);
      if (name === `group_${hash}`) return members;
    }
  }
  return [];
}

function readObject(file: string): JsonObject {
  let value: Json;
  try {
    value = parseJson(readFileSync(file, 'utf8'));
  } catch {
    throw damaged(file);
  }
  if (!isObject(value)) throw damaged(file);
  return value;
}

function damaged(file: string): Error {
  return usageError(
    `${file} cannot be read: it is not what braintrust-migrate writes, or was cut while it was written. Nothing was taken over.`,
    'Move the file away to go on without what it says; its objects are then matched by name.',
  );
}
