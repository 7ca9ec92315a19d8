import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Chance } from '../support/random-org.ts';
import { rowTexts } from '../support/row-texts.ts';
import { migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

const RUNS = 8;
const STREAMS_ONLY = 'resources: { include: [projects, logs] }\n';

let orgs: TwoOrgs;
let empty: unknown;
beforeAll(async () => {
  orgs = await TwoOrgs.start();
  empty = JSON.parse(JSON.stringify(orgs.emulator.dump()));
});
afterAll(() => orgs.close());

describe.each(Array.from({ length: RUNS }, (_, seed) => seed + 1))(
  'rows that become visible late (seed %d)',
  (seed) => {
    test('are copied by a later pass, edited or not', async () => {
      orgs.emulator.load(structuredClone(empty));
      orgs.emulator.setVisibility({ lateRows: [{ idIncludes: 'late', lag: 20_000 }] });
      const chance = new Chance(seed);
      const project = await orgs.project();
      const migration = orgs.migration(STREAMS_ONLY);
      let written = 0;
      const said: string[] = [];
      for (let step = 0; step < 30; step += 1) {
        const what = chance.below(5);
        if (what < 3) {
          const isEdit = written > 0 && chance.below(3) === 0;
          const numbers = Array.from({ length: 1 + chance.below(4) }, (_, index) =>
            isEdit ? chance.below(written) : written + index,
          );
          if (!isEdit) written += numbers.length;
          const rows = [...new Set(numbers)].map((number) => ({
            project_id: project.id,
            log_id: 'g',
            id: `row-${number}${number % 4 === 0 ? '-late' : ''}`,
            output: `step ${step}`,
          }));
          await orgs.source.object('POST', '/logs3', { rows, api_version: 2 });
          said.push(`${step} write ${rows.map(({ id }) => id)}`);
        } else if (what === 3) {
          const ms = 1000 * chance.below(30);
          orgs.emulator.clock.advance(ms);
          said.push(`${step} wait ${ms}`);
        } else {
          const { run } = await migrate(migration);
          said.push(`${step} migrate ${JSON.stringify(run.streams.map(({ rows }) => rows))}`);
        }
      }
      orgs.emulator.clock.advance(180_000);
      await migrate(migration);
      expect(pending(await migration.plan())).toEqual([]);
      const { id } = await orgs.found('destination', '/v1/project', 'Support bot');
      const dump = orgs.emulator.dump();
      const [s, d] = [rowTexts(dump, 'project_logs', project.id), rowTexts(dump, 'project_logs', id)];
      expect([...d].sort(), said.join('\n')).toEqual([...s].sort());
    });
  },
);
