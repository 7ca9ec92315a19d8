import { RESOURCE_NAMES } from '../../domain/kind.ts';
import type { Environment } from '../read-environment.ts';

/** What the environment variables of braintrust-migrate mean in a spec. */
export interface IncumbentSettings {
  /** Exact names; empty means all. */
  readonly projects: readonly string[];
  /** Plural names of ours; empty means all. */
  readonly resources: readonly string[];
  readonly logs: { readonly createdAfter: string | undefined; readonly createdBefore: string | undefined };
  readonly parallelism: number | undefined;
  readonly attachments: 'copy' | 'keep' | undefined;
  readonly invite: boolean | undefined;
  /** Variables that are set and have no counterpart, with the reason. */
  readonly left: readonly { readonly name: string; readonly why: string }[];
}

/** Kinds it selects as one that are several here: its rows come with their container. */
const TOGETHER: Readonly<Record<string, readonly string[]>> = {
  datasets: ['datasets', 'dataset_rows'],
  experiments: ['experiments', 'experiment_rows'],
  groups: ['groups', 'users'],
  acls: ['acls', 'users'],
  tools: ['functions'],
};

const WITHOUT_COUNTERPART: readonly (readonly [RegExp, string])[] = [
  [
    /^MIGRATION_STATE_DIR$|^MIGRATION_RESUME_RUN_DIR$/,
    'bt-migrate import-checkpoints takes over what such a run has done',
  ],
  [/^MIGRATION_(RETRY|MAX_RETRIES|TIMEOUT)/, 'requests are retried as the server asks'],
  [
    /^MIGRATION_MAX_CONCURRENT(_RESOURCES)?$|^MIGRATION_PARALLEL_PROJECTS$/,
    'projects and kinds always run side by side',
  ],
  [
    /^MIGRATION_(BATCH_SIZE|EVENTS_|LOGS_|EXPERIMENT_EVENTS_|DATASET_EVENTS_|INSERT_|CHECKPOINT_)/,
    'page and batch sizes adapt to what the server can do',
  ],
  [/^MIGRATION_ATTACHMENT_MAX_BYTES$/, 'attachments are streamed, whatever their size'],
  [/^MIGRATION_(ACL|GROUP)_MAP_USERS$/, 'people are always matched by e-mail; users.map names exceptions'],
  [/^MIGRATION_/, 'nothing here answers to it'],
];

/** Reads them as braintrust-migrate does; an empty variable counts as unset. */
export function incumbentSettings(env: Environment): IncumbentSettings {
  const taken = new Set<string>();
  const take = (name: string): string | undefined => {
    taken.add(name);
    return env[name]?.trim() || undefined;
  };
  const flag = (name: string): boolean | undefined => {
    const text = take(name)?.toLowerCase();
    return text === undefined ? undefined : ['1', 'true', 'yes', 'on'].includes(text);
  };
  const wanted = listed(take('MIGRATION_RESOURCES')).filter((name) => name !== 'all');
  const resources = wanted.flatMap((name) => TOGETHER[name] ?? [name]);
  const unknown = resources.filter((name) => !Object.hasOwn(RESOURCE_NAMES, name));
  const copiesAttachments = flag('MIGRATION_COPY_ATTACHMENTS');
  const invites = [flag('MIGRATION_ACL_AUTO_INVITE_USERS'), flag('MIGRATION_GROUP_AUTO_INVITE_USERS')];
  const parallelism = Number(take('MIGRATION_MAX_CONCURRENT_REQUESTS'));
  const known = resources.filter((name) => !unknown.includes(name));
  return {
    projects: listed(take('MIGRATION_PROJECTS')),
    // It creates the projects whatever was selected.
    resources: wanted.length === 0 ? [] : [...new Set(['projects', ...known])],
    logs: { createdAfter: take('MIGRATION_CREATED_AFTER'), createdBefore: take('MIGRATION_CREATED_BEFORE') },
    parallelism: Number.isInteger(parallelism) && parallelism > 0 ? parallelism : undefined,
    attachments: copiesAttachments === undefined ? undefined : copiesAttachments ? 'copy' : 'keep',
    invite: invites.every((set) => set === undefined) ? undefined : invites.includes(true),
    left: [
      ...unknown.map((name) => ({ name: `MIGRATION_RESOURCES: ${name}`, why: 'there is no such kind' })),
      ...Object.keys(env)
        .filter((name) => name.startsWith('MIGRATION_') && !taken.has(name) && env[name])
        .sort()
        .map((name) => ({ name, why: WITHOUT_COUNTERPART.find(([pattern]) => pattern.test(name))?.[1] ?? '' })),
    ],
  };
}

function listed(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
