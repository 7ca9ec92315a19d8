import { jsonReply } from '../http/write-reply.ts';
import type { KindDefinition } from '../kinds/kind-definition.ts';
import type { Reply, RequestContext } from '../route.ts';
import type { StoredObject } from '../store/object-table.ts';
import type { World } from '../world.ts';
import { locateObject } from './locate-object.ts';
import { presentObject } from './present-object.ts';

/** DELETE answers with the object; its key is free again at once (fact sheet 2.1). */
export async function deleteObject(context: RequestContext, definition: KindDefinition): Promise<Reply> {
  const locator = definition.locator === 'always' ? await context.json() : null;
  const stored = locateObject(context, definition, 'delete', locator);
  return jsonReply(presentObject(context.world, definition, removeObject(context.world, definition, stored)));
}

/** Deletes as the kind does: with a `deleted_at` that stays readable in the answer, or without a trace. */
export function removeObject(world: World, definition: KindDefinition, stored: StoredObject): StoredObject {
  for (const kind of definition.children ?? []) removeChildren(world, kind, stored.id);
  if (definition.deletes === 'hard') {
    world.table(definition.kind).remove(stored.id);
    return stored;
  }
  const fields = { ...stored.fields, deleted_at: world.clock.iso() };
  return world.table(definition.kind).put({ ...stored, deleted: true, fields });
}

/** What belongs to a deleted object cannot be read or listed either. */
function removeChildren(world: World, kind: string, ownerId: string): void {
  const table = world.table(kind);
  for (const child of [...table.ofOwner(ownerId)]) table.put({ ...child, deleted: true });
}
