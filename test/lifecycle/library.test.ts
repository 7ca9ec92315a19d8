import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Emulator } from '../../emulator/start-emulator.ts';
import { apply, type MigrationOptions, plan, readPlanFile, writePlanFile } from '../../src/library.ts';
import { DESTINATION_KEY, SOURCE_KEY, startAcme } from '../support/migration.ts';

let emulator: Emulator;
let dir: string;
beforeEach(async () => {
  emulator = await startAcme({ seed: 'demo' });
  dir = mkdtempSync(join(tmpdir(), 'bt-migrate-library-'));
});
afterEach(async () => {
  await emulator.close();
  rmSync(dir, { recursive: true });
});

function optionsOf(): MigrationOptions {
  return {
    specPath: join(dir, 'migration.yaml'),
    specText: `version: 1\nsource: { url: "${emulator.url}", org: Acme Dev }\ndestination: { url: "${emulator.url}", org: Acme Prod }\n`,
    env: { BT_SOURCE_API_KEY: SOURCE_KEY, BT_DEST_API_KEY: DESTINATION_KEY },
  };
}

test.each([
  ['before', 'its own reason'],
  ['after', undefined],
] as const)(
  'a user who aborts while a create is held %s its effect gets an end like that of a signal',
  async (when, reason) => {
    const made = await plan({ ...optionsOf(), targets: ['dataset.*.*'] });
    const hold = { match: { method: 'POST', path: '/v1/dataset' }, times: 1, action: { type: 'hold', when } } as const;
    const [rule = ''] = emulator.faults.add(hold);
    const stop = new AbortController();
    const running = apply(made, { ...optionsOf(), signal: stop.signal });
    await emulator.faults.held(rule);
    stop.abort(reason);
    // Without a bound it would wait a minute for the answer.
    const ended = await running;
    expect(ended).toMatchObject({
      summary: { failed: 0 },
      ended_by: { code: 'BTM_INTERRUPTED', detail: expect.stringContaining('given up') },
    });
    expect(emulator.faults.list()).toMatchObject([{ holding: 1 }]);
    emulator.faults.clear();

    const again = await apply(made, optionsOf());
    expect(again).toMatchObject({ resumed: true, summary: { failed: 0 } });
    const settled = await plan({ ...optionsOf(), targets: ['dataset.*.*'] });
    expect(settled.actions.filter(({ op }) => op === 'create')).toEqual([]);
  },
);

test('the library plans, saves, applies and resumes nothing twice, without a terminal', async () => {
  const options = optionsOf();
  const made = await plan({ ...options, targets: ['dataset.*.*'] });
  await writePlanFile(join(dir, 'plan.out'), made);

  const run = await apply(await readPlanFile(join(dir, 'plan.out')), options);

  expect(run.summary).toMatchObject({ created: 5, failed: 0 });
  expect(run.actions.map(({ address }) => address)).toContain('dataset."Support bot"."Golden questions"');
  expect(statSync(join(dir, 'bt-migrate.state.db')).mode & 0o777).toBe(0o600);
  expect(await apply(made, options)).toMatchObject({ already_applied: true, run_id: run.run_id });
  const again = await plan({ ...options, targets: ['dataset.*.*'] });
  expect((await apply(again, options)).summary).toMatchObject({ created: 0, skipped: 3 });
});
