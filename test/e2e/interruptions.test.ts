import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AcmeFolder, AcmeProcess } from '../support/acme-process.ts';
import { SLUGS, setStage } from '../support/acme-stage.ts';
import { mixedRow, writeRows } from '../support/mixed-rows.ts';
import { rowTexts } from '../support/row-texts.ts';

const STATE = 'bt-migrate.state.db';

let acme: AcmeProcess;
let folder: AcmeFolder;
beforeAll(async () => {
  acme = await AcmeProcess.start();
});
beforeEach(async () => {
  ({ folder } = await setStage(acme));
});
afterEach(() => acme.reset());
afterAll(() => acme.stop());

describe('an apply', () => {
  test('that the server stops in the middle with a rejected key ends with 6 and is resumed', async () => {
    await folder.ok('plan', '-o', 'plan.out');
    const match = { method: 'POST', path: '/v1/prompt', org: 'Acme Prod' };
    await acme.fault({ match, after: 1, action: { type: 'status', status: 401 } });
    const ended = await folder.run(['apply', 'plan.out', '--parallelism', '1', '--json']);
    expect(ended.code).toBe(6);
    expect(JSON.parse(ended.stdout)).toMatchObject({ exit_code: 6, error: { code: 'BTM_CREDENTIALS_REJECTED' } });
    await acme.clearFaults();
    await expectResumed();
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends what is in flight on %s, keeps the state, and ends with %i', async (signal, code) => {
    const { running, hold } = await startHeld('before');
    running.process.kill(signal);
    await running.complains('stopping after the work in flight');
    await acme.release(hold);
    const ended = await running.finished;
    expect(ended.code).toBe(code);
    expect(JSON.parse(ended.stdout)).toMatchObject({ exit_code: code, summary: { created: 2, failed: 0 } });
    expect((await folder.ok('state', 'check')).stdout).toContain('no problems');
    await expectNothingHeld();
    await expectResumed();
  });

  test.each([
    ['before', 'SIGINT', 130],
    ['after', 'SIGTERM', 143],
  ] as const)(
    'gives up a create that is never answered, held %s its effect, once %s has had its time, and the next run settles it',
    async (when, signal, code) => {
      const { running, hold } = await startHeld(when);
      running.process.kill(signal);
      const ended = await running.finished;
      // Without that the run would end, too, when the client has waited a minute for the answer.
      expect(ended.stderr).toContain('Requests in flight got no answer for 4 s and are given up');
      expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([
        code,
        { exit_code: code, summary: { failed: 0 }, error: { detail: expect.stringContaining('given up') } },
      ]);
      await expectNothingHeld();
      await acme.release(hold);
      await acme.clearFaults();
      await expectResumed();
    },
    180_000,
  );

  test.each(['before', 'after'] as const)(
    'gives up rows that are never acknowledged, held %s their effect, and the next run writes each once',
    async (when) => {
      const [project] = await acme.source.list('/v1/project');
      const { id = '' } = project as { id?: string };
      const rows = Array.from({ length: 40 }, (_, index) => mixedRow(index));
      await writeRows({ url: acme.url, key: acme.keys[0] }, { type: 'project_logs', id, name: 'Support bot' }, rows);
      const everything = acme.folder();
      await everything.ok('plan', '-o', 'plan.out');
      const match = { method: 'POST', path: '/logs3*', org: 'Acme Prod' };
      const hold = await acme.fault({ match, times: 1, action: { type: 'hold', when } });
      const running = everything.start(['apply', 'plan.out', '--json']);
      await acme.held(hold);
      running.process.kill('SIGTERM');
      const ended = await running.finished;
      expect(ended.stderr).toContain('are given up');
      expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([143, { summary: { rows: 0, failed: 0 } }]);
      await expectNothingHeld(everything);
      await acme.release(hold);
      await acme.clearFaults();
      const resumed = JSON.parse((await everything.ok('apply', 'plan.out', '--json')).stdout);
      expect(resumed).toMatchObject({ resumed: true, summary: { rows: 40, quarantined: 0 } });
      const [copy] = await acme.destination.list('/v1/project');
      const dump = await acme.dump();
      const found = rowTexts(dump, 'project_logs', (copy as { id?: string }).id ?? '');
      expect([...found]).toEqual([...rowTexts(dump, 'project_logs', id)]);
    },
    180_000,
  );

  test.each([
    ['before', 'SIGINT', 130],
    ['after', 'SIGTERM', 143],
  ] as const)(
    'stops at once on a second signal, %s the effect of a request, and the same command finishes',
    async (when, signal, code) => {
      const { running, hold } = await startHeld(when);
      running.process.kill(signal);
      await running.complains('stopping after the work in flight');
      running.process.kill(signal);
      expect((await running.finished).code).toBe(code);
      await acme.release(hold);
      await acme.clearFaults();
      await expectResumed();
    },
  );

  test.each(['before', 'after'] as const)(
    'killed while a create is held %s its effect, run again, creates nothing twice',
    async (when) => {
      const { running, hold } = await startHeld(when);
      running.process.kill('SIGKILL');
      await running.finished;
      await acme.release(hold);
      await acme.clearFaults();
      await expectResumed();
    },
  );
});

/** Starts an apply of one worker and returns when its first prompt is held. */
async function startHeld(when: 'before' | 'after') {
  await folder.ok('plan', '-o', 'plan.out');
  // The server reads the body before it holds, so that the effect comes although the client is gone by then.
  const match = { method: 'POST', path: '/v1/prompt', org: 'Acme Prod', bodyIncludes: 'slug' };
  const hold = await acme.fault({ match, times: 1, action: { type: 'hold', when } });
  const running = folder.start(['apply', 'plan.out', '--parallelism', '1', '--json']);
  await acme.held(hold);
  return { running, hold };
}

/** The state is one plain file that does not contradict itself and that nobody holds. */
async function expectNothingHeld(where = folder): Promise<void> {
  expect((await where.ok('state', 'check')).stdout).toMatch(/no problems|: 0 errors/);
  expect((await where.ok('state', 'unlock')).stdout).toContain('was not locked');
  expect(readdirSync(where.files.folder).filter((name) => name.startsWith(STATE))).toEqual([STATE]);
}

/** The same command finishes what is left: every object is there once, in one version, and nothing is left to do. */
async function expectResumed(): Promise<void> {
  const { code, stdout, stderr } = await folder.run(['apply', 'plan.out', '--json']);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  expect(JSON.parse(stdout)).toMatchObject({ resumed: true, summary: { failed: 0 } });
  expect((await acme.destination.list('/v1/project')).map(({ name }) => name)).toEqual(['Support bot']);
  const prompts = await acme.destination.list('/v1/prompt');
  expect(prompts.map(({ slug }) => slug).sort()).toEqual(SLUGS);
  const sent = (await acme.writes()).filter((write) => write === 'POST /v1/prompt');
  expect(sent.length).toBe(SLUGS.length);
  await folder.ok('state', 'check');
  const { stdout: again } = await folder.ok('plan', '--json');
  expect(JSON.parse(again).actions.map(({ op }: { op: string }) => op)).toEqual(['skip', 'skip', 'skip', 'skip']);
}
