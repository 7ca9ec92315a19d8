import type { KindDefinition } from '../kinds/kind-definition.ts';
import type { Fields, StoredObject } from '../store/object-table.ts';
import type { World } from '../world.ts';

/** The object as the API shows it: every key of the shape, null where nothing is stored. */
export function presentObject(world: World, definition: KindDefinition, stored: StoredObject): Fields {
  const shown: Fields = {};
  for (const key of definition.shape) shown[key] = stored.fields[key] ?? null;
  return definition.present === undefined ? shown : definition.present(shown, stored, world);
}
