import { ApiError } from '../api-error.ts';
import type { KindDefinition } from '../kinds/kind-definition.ts';
import type { Fields } from '../store/object-table.ts';
import type { Org } from '../tenancy.ts';
import type { World } from '../world.ts';
import { findVisible } from './find-object.ts';
import { missing } from './refusals.ts';
import { refuseForeignIds } from './refuse-foreign-ids.ts';

/**
 * Refuses ids that do not exist in the org (fact sheet 1.5). `add_` and `remove_` keys count as their field.
 * @throws ApiError 400
 */
export function checkReferences(world: World, org: Org, definition: KindDefinition, sent: Fields): void {
  refuseForeignIds(world, org, sent);
  for (const [key, value] of Object.entries(sent)) {
    if (key.startsWith('remove_')) continue;
    const kind = definition.fields[key.replace(/^add_/, '')]?.references;
    if (kind === undefined || value === null) continue;
    for (const id of Array.isArray(value) ? value : [value]) {
      if (findVisible(world, [org], kind, String(id)) === undefined) {
        throw new ApiError(400, missing('read', kind, String(id)));
      }
    }
  }
}
