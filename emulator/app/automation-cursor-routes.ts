import { randomUUID } from 'node:crypto';
import { jsonReply } from '../http/write-reply.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { Fields } from '../store/object-table.ts';
import { appObject, readAppBody } from './app-context.ts';

const BASE = '/brainstore/automation';

/** Where exports and topics of an automation stand; they do nothing until a cursor is there (fact sheet 2.3). */
export const automationCursorRoutes: readonly Route[] = [
  { method: 'POST', path: `${BASE}/reset-cursors`, auth: 'key', handle: upsert },
  { method: 'POST', path: `${BASE}/upsert-object-cursor`, auth: 'key', handle: upsert },
  { method: 'POST', path: `${BASE}/get-cursors`, auth: 'key', handle: list },
  { method: 'POST', path: `${BASE}/get-object-cursors`, auth: 'key', handle: list },
];

async function upsert(context: RequestContext): Promise<Reply> {
  const body = await readAppBody(context);
  const automation = appObject(context, 'project_automation', body.automation_id);
  const table = context.world.table('automation_cursor');
  const uniqueKey = JSON.stringify([automation.id, body.object_id ?? null]);
  const known = table.byKey(uniqueKey);
  const created = known?.created ?? context.world.clock.iso();
  const fields: Fields = { ...known?.fields, ...body, created };
  const id = known?.id ?? randomUUID();
  table.put({ id, orgId: automation.orgId, ownerId: automation.id, created, uniqueKey, deleted: false, fields });
  return jsonReply({ success: true });
}

async function list(context: RequestContext): Promise<Reply> {
  const body = await readAppBody(context);
  const automation = appObject(context, 'project_automation', body.automation_id);
  const cursors = context.world.table('automation_cursor').ofOwner(automation.id);
  return jsonReply({ cursors: cursors.map((stored) => stored.fields) });
}
