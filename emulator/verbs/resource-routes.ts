import { jsonReply } from '../http/write-reply.ts';
import type { KindDefinition, Verb } from '../kinds/kind-definition.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import { deleteObject } from './delete-object.ts';
import { listObjects } from './list-objects.ts';
import { locateObject } from './locate-object.ts';
import { patchObject } from './patch-object.ts';
import { presentObject } from './present-object.ts';
import { createObject, putObject } from './write-object.ts';

interface VerbRoute {
  readonly method: string;
  readonly suffix: string;
  readonly handle: (context: RequestContext, definition: KindDefinition) => Reply | Promise<Reply>;
}

const VERBS: Readonly<Record<Verb, VerbRoute>> = {
  list: { method: 'GET', suffix: '', handle: listObjects },
  get: { method: 'GET', suffix: '/:id', handle: getObject },
  create: { method: 'POST', suffix: '', handle: createObject },
  put: { method: 'PUT', suffix: '', handle: putObject },
  patch: { method: 'PATCH', suffix: '/:id', handle: patchObject },
  delete: { method: 'DELETE', suffix: '/:id', handle: deleteObject },
};

/** The routes of a kind, from its definition alone. */
export function resourceRoutes(definition: KindDefinition): Route[] {
  return definition.verbs.map((verb) => ({
    method: VERBS[verb].method,
    path: `${definition.path}${VERBS[verb].suffix}`,
    auth: 'key' as const,
    handle: (context: RequestContext) => VERBS[verb].handle(context, definition),
  }));
}

function getObject(context: RequestContext, definition: KindDefinition): Reply {
  const stored = locateObject(context, definition, 'read', Object.fromEntries(context.query));
  return jsonReply(presentObject(context.world, definition, stored));
}
