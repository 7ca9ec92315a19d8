import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Emulator } from '../../emulator/start-emulator.ts';
import { apply, plan, readPlanFile, writePlanFile } from '../../src/library.ts';
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

test('the library plans, saves, applies and resumes nothing twice, without a terminal', async () => {
  const options = {
    specPath: join(dir, 'migration.yaml'),
    specText: `version: 1\nsource: { url: "${emulator.url}", org: Acme Dev }\ndestination: { url: "${emulator.url}", org: Acme Prod }\n`,
    env: { BT_SOURCE_API_KEY: SOURCE_KEY, BT_DEST_API_KEY: DESTINATION_KEY },
  };
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
