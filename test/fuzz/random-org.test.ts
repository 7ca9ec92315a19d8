import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatAddress } from '../../src/domain/address.ts';
import { type Json, prettyJson } from '../../src/domain/json.ts';
import type { AddressKind } from '../../src/domain/kind.ts';
import type { OrgReader } from '../../src/domain/org.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { portrait } from '../support/portrait.ts';
import { Chance, RandomOrg } from '../support/random-org.ts';
import { action, blocks, changes, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

const RUNS = 30;
const EDITS = 3;

let orgs: TwoOrgs;
let empty: unknown;
beforeAll(async () => {
  const owner = 'owner@acme.example';
  orgs = await TwoOrgs.start({
    orgs: [
      { name: 'Acme Dev', key: 'sk-acme-dev', owner },
      { name: 'Acme Prod', key: 'sk-acme-prod', owner },
    ],
  });
  empty = JSON.parse(JSON.stringify(orgs.emulator.dump()));
});
afterAll(() => orgs.close());

/** The seed is in the name of the test: run it alone with -t. */
describe.each(Array.from({ length: RUNS }, (_, seed) => seed + 1))('a random org (seed %d)', (seed) => {
  test('is migrated whole, follows single edits, and is planned the same whatever the order of the lists', async () => {
    orgs.emulator.load(structuredClone(empty));
    const chance = new Chance(seed);
    const org = new RandomOrg(orgs.source, chance);
    await org.fill();
    const migration = orgs.migration();

    const first = await migration.plan();
    expect(textOf(await migration.plan({ through: shuffledBy(chance) }))).toBe(textOf(first));
    expect(blocks(first)).toEqual([]);

    await migrate(migration);
    expect(pending(await migration.plan())).toEqual([]);
    expect(await portrait(orgs.destination)).toEqual(await portrait(orgs.source));

    for (let edit = 0; edit < EDITS; edit += 1) {
      const target = chance.pick(org.editable);
      if (target === undefined) break;
      const description = `Edited ${edit} by seed ${seed}`;
      await orgs.source.object('PATCH', target.path, { description });
      const { plan } = await migrate(migration);
      const id = `update:${formatAddress(target.kind as AddressKind, target.address)}`;
      expect(pending(plan)).toEqual([id]);
      expect(Object.keys(changes(action(plan, id)))).toEqual(['description']);
      expect(pending(await migration.plan())).toEqual([]);
    }
    expect(await portrait(orgs.destination)).toEqual(await portrait(orgs.source));
  });
});

describe.each(Array.from({ length: RUNS }, (_, seed) => seed + 101))(
  'a random org that is renamed and pruned (seed %d)',
  (seed) => {
    test('is followed without a loss, a double or a leftover', async () => {
      orgs.emulator.load(structuredClone(empty));
      const chance = new Chance(seed);
      const org = new RandomOrg(orgs.source, chance);
      await org.fill();
      const migration = orgs.migration('policy: { prune: true, max_deletes: 99 }');
      await migrate(migration);
      for (let round = 0; round < 2; round += 1) {
        await org.mutate();
        const { plan } = await migrate(migration);
        // The last tag or score of all may be gone; then nobody can tell a wish from a lost permission.
        const left = blocks(plan).filter((block) => !block.endsWith('(empty_source)'));
        expect(left).toEqual([]);
        expect(pending(await migration.plan())).toEqual([]);
        if (blocks(plan).length > 0) return;
        expect(await portrait(orgs.destination)).toEqual(await portrait(orgs.source));
      }
    });
  },
);

function textOf(plan: Plan): string {
  return prettyJson(plan as unknown as Json);
}

/** Gives every list in another order than the server did. */
function shuffledBy(chance: Chance): (reader: OrgReader) => OrgReader {
  return (reader) => ({
    ...reader,
    list: async (request) => {
      const answer = await reader.list(request);
      return { ...answer, objects: chance.shuffle(answer.objects) };
    },
  });
}
