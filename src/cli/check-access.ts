import { ApiError } from '../api/api-error.ts';
import { BtMigrateError } from '../domain/errors.ts';
import type { Side } from '../domain/event.ts';
import type { ResourceKind } from '../domain/kind.ts';
import type { OrgIdentity, OrgReader } from '../domain/org.ts';
import type { ViewOwner } from '../domain/spec.ts';
import type { ProviderDefinition } from '../providers/define-provider.ts';
import { PROVIDERS } from '../providers/registry.ts';

/** Whether one kind can be listed on one side. `absent`: this deployment has no such kind. */
export interface AccessCheck {
  readonly side: Side;
  readonly kind: ResourceKind;
  readonly access: 'readable' | 'absent' | 'unchecked' | 'failed';
  readonly detail: string;
  /** Set when it failed. */
  readonly error: BtMigrateError | undefined;
}

export interface AccessRequest {
  readonly side: Side;
  readonly reader: OrgReader;
  readonly kinds: readonly ResourceKind[];
  readonly viewOwners: ReadonlySet<ViewOwner>;
}

/**
 * Asks for one object of every kind: one small request each.
 * @throws what ends a run whatever is asked: a rejected key, an interruption.
 */
export async function checkAccess({ side, reader, kinds, viewOwners }: AccessRequest): Promise<AccessCheck[]> {
  const org = await reader.identity();
  return Promise.all(
    kinds.map(async (kind): Promise<AccessCheck> => {
      const definition = PROVIDERS[kind];
      try {
        const scope = await ownerScope(definition, reader, org, viewOwners);
        if (typeof scope === 'string') return { side, kind, access: 'unchecked', detail: scope, error: undefined };
        await readOne(definition, reader, org, scope);
        return { side, kind, access: 'readable', detail: '', error: undefined };
      } catch (error) {
        if (!(error instanceof BtMigrateError) || ENDS_THE_RUN.has(error.code)) throw error;
        const absent = error instanceof ApiError && error.routeMissing;
        return {
          side,
          kind,
          access: absent ? 'absent' : 'failed',
          detail: absent ? 'this deployment does not have it' : error.detail,
          error: absent ? undefined : error,
        };
      }
    }),
  );
}

const ENDS_THE_RUN: ReadonlySet<string> = new Set(['BTM_CREDENTIALS_REJECTED', 'BTM_INTERRUPTED', 'BTM_TERMINATED']);

/** Parameters that name one owner, where the API lists per owner only; or why there is none to ask about. */
async function ownerScope(
  definition: ProviderDefinition,
  reader: OrgReader,
  org: OrgIdentity,
  viewOwners: ReadonlySet<ViewOwner>,
): Promise<Record<string, string> | string> {
  const types = definition.list?.perOwner?.types;
  if (types === undefined) return {};
  if (!Object.values(types).includes('organization')) return 'it is listed per object, and is checked by plan';
  if (viewOwners.has('organization')) return { object_type: 'organization', object_id: org.orgId };
  const project = await readOne(PROVIDERS.project, reader, org, {});
  if (project === undefined) return 'there is no project whose views could be listed';
  return { object_type: 'project', object_id: project };
}

/** Returns the id of the first object, if there is one. */
async function readOne(
  definition: ProviderDefinition,
  reader: OrgReader,
  org: OrgIdentity,
  scope: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const rule = definition.list;
  const answer = await reader.list({
    kind: definition.kind,
    path: rule?.path ?? definition.path,
    query: {
      ...(rule?.noOrgName === true ? {} : { org_name: org.orgName }),
      ...(rule?.paging === 'whole' ? {} : { limit: '1' }),
      ...scope,
    },
    // One page is all that is wanted of any list.
    paging: 'whole',
    envelope: rule?.envelope ?? 'objects',
  });
  const id = answer.objects[0]?.id;
  return typeof id === 'string' ? id : undefined;
}
