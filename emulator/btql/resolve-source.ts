import { ApiError } from '../api-error.ts';
import { isPrompt, promptVersions } from '../prompts/prompt-table.ts';
import type { RequestContext } from '../route.ts';
import { type ContainerRef, isContainerType } from '../rows/container-ref.ts';
import { findContainer } from '../rows/resolve-container.ts';
import type { RowContainer } from '../rows/row-container.ts';
import type { Fields, StoredObject } from '../store/object-table.ts';
import { isUuid, missing } from '../verbs/refusals.ts';
import { BtqlError, type Source } from './query.ts';

/** What a source names: containers of rows, or objects that are rows too. */
export type Resolved =
  | {
      readonly type: 'containers';
      readonly refs: readonly ContainerRef[];
      readonly containers: readonly RowContainer[];
    }
  | { readonly type: 'objects'; readonly rows: readonly Fields[] };

/**
 * Finds the containers behind ids or names.
 * @throws BtqlError for an unknown source, ApiError 403 for a container that is absent or foreign.
 */
export function resolveSource(context: RequestContext, source: Source, auditLog: boolean): Resolved {
  if (source.name === 'project_prompts' || source.name === 'project_functions') {
    return { type: 'objects', rows: source.args.flatMap((arg) => promptRows(context, source.name, arg, auditLog)) };
  }
  if (!isContainerType(source.name)) {
    throw new BtqlError(
      `Source ${source.name} is not known; sources are project_logs, experiment, dataset, playground_logs, project_prompts and project_functions`,
    );
  }
  const type = source.name;
  const refs = [...new Set(source.args)].map((arg) => {
    const id = isUuid(arg) ? arg : idByName(context, type === 'project_logs' ? 'project' : type, arg);
    const ref = findContainer(context, type, id);
    if (ref === null) throw notThere(type === 'project_logs' ? 'project' : type, id);
    return ref;
  });
  const containers = refs.flatMap((ref) => context.world.rows.find(ref.type, ref.id) ?? []);
  return { type: 'containers', refs, containers };
}

function promptRows(context: RequestContext, source: string, arg: string, auditLog: boolean): Fields[] {
  const id = isUuid(arg) ? arg : idByName(context, 'project', arg);
  if (findContainer(context, 'project_logs', id) === null) throw notThere('project', id);
  const { world } = context;
  const wanted = world
    .table('prompt')
    .ofOwner(id)
    .filter(({ fields }) => source === 'project_functions' || isPrompt(world, fields));
  if (!auditLog) return wanted.map(({ fields }) => fields);
  return wanted.flatMap((prompt) => promptVersions(world, prompt.id).map(withAudit));
}

function withAudit(version: StoredObject): Fields {
  return { ...version.fields, audit_data: { action: version.hidden?.action ?? 'upsert' } };
}

function idByName(context: RequestContext, kind: string, name: string): string {
  const found = context.world
    .table(kind)
    .ofOrg(context.org.id)
    .filter(({ fields }) => fields.name === name);
  if (found.length > 1) throw new BtqlError(`${found.length} objects are called ${JSON.stringify(name)}; use an id`);
  const [only] = found;
  if (only === undefined) throw notThere(kind, name);
  return only.id;
}

function notThere(kind: string, id: string): ApiError {
  return new ApiError(403, missing('read', kind, id), 'json');
}
