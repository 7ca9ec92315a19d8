import type { Route } from '../route.ts';
import type { World } from '../world.ts';
import { seedAccess } from './demo-access.ts';
import { seedFunctions } from './demo-functions.ts';
import { seedProjectParts } from './demo-project-parts.ts';
import { seedRows } from './demo-rows.ts';
import { seedShared } from './demo-shared.ts';
import { LocalClient } from './local-client.ts';

const DAY = 86_400_000;
/** Age of the org's oldest object. */
const AGE = 30 * DAY;
/** World time between two writes. */
const STEP = 7 * 60_000;

/** Colleagues who work in every org, so that permissions have somebody to point at. */
const PEOPLE = [
  { email: 'ann@acme.example', given_name: 'Ann', family_name: 'Archer' },
  { email: 'ben@acme.example', given_name: 'Ben', family_name: 'Baker' },
];

/**
 * Fills one org with the Acme support bot, which uses every kind: cycles, chains over projects, permissions on
 * everything, and a few things that cannot be migrated. Written through the routes, at times in the past month.
 */
export async function seedDemoOrg(world: World, routes: readonly Route[], orgId: string, key: string): Promise<void> {
  const org = world.tenants.org(orgId);
  if (org === undefined) return;
  const now = Date.now();
  const client = new LocalClient(world, routes, key, STEP);
  const people = PEOPLE.map((person) => world.tenants.orgs().map((member) => world.tenants.invite(member.id, person)));
  const [ann = '', ben = ''] = people.map(
    (accounts) => accounts[world.tenants.orgs().findIndex(({ id }) => id === org.id)]?.id,
  );
  world.clock.freeze(now - AGE);
  const shared = await seedShared(client, org, { ann, ben });
  const functions = await seedFunctions(client, shared);
  const parts = await seedProjectParts(client, shared, functions, { ann });
  await seedAccess(client, org, shared, functions, parts, { ann, ben });
  await seedRows(client, shared, parts, now);
  world.clock.set(now);
  world.clock.resume();
}
