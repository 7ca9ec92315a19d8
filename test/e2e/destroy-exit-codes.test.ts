import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AcmeFolder, AcmeProcess } from '../support/acme-process.ts';
import { SLUGS, setStage } from '../support/acme-stage.ts';

let acme: AcmeProcess;
let folder: AcmeFolder;
beforeAll(async () => {
  acme = await AcmeProcess.start();
});
beforeEach(async () => {
  ({ folder } = await setStage(acme));
  await folder.ok('apply', '--auto-approve');
  await folder.ok('plan', '--destroy', '-o', 'undo.out');
  await acme.clearRequests();
});
afterEach(() => acme.reset());
afterAll(() => acme.stop());

const destroy = ['apply', 'undo.out', '--parallelism', '1', '--json'];
const slugs = async () => (await acme.destination.list('/v1/prompt')).map(({ slug }) => slug).sort();
const projects = async () => (await acme.destination.list('/v1/project')).map(({ name }) => name);

/** What somebody makes in the destination's project by hand. */
async function makeByHand(): Promise<void> {
  const [project] = await acme.destination.list('/v1/project');
  await acme.destination.object('POST', '/v1/prompt', { project_id: project?.id, name: 'Own', slug: 'own' });
}

describe('the built binary, taking a migration back,', () => {
  test('ends with 2 while there is something to delete and it is asked for, with 0 when it is deleted and when nothing is left', async () => {
    expect((await folder.run(['plan', '--destroy', '--detailed-exitcode'])).code).toBe(2);
    const finished = await folder.run(destroy);
    expect([finished.code, JSON.parse(finished.stdout)]).toMatchObject([0, { exit_code: 0, summary: { deleted: 4 } }]);
    expect([await projects(), await slugs()]).toEqual([[], []]);
    await acme.clearRequests();
    const again = await folder.run(destroy);
    expect([again.code, JSON.parse(again.stdout)]).toMatchObject([0, { already_applied: true }]);
    expect((await folder.run(['plan', '--destroy', '--detailed-exitcode', '-o', 'nothing.out'])).code).toBe(0);
    const nothing = await folder.run(['apply', 'nothing.out', '--json']);
    expect([nothing.code, JSON.parse(nothing.stdout)]).toMatchObject([0, { summary: { deleted: 0 } }]);
    expect(await acme.writes()).toEqual([]);
  });

  test('ends with 3 when something has to stay, with what is not ours', async () => {
    await makeByHand();
    await folder.ok('plan', '--destroy', '-o', 'undo.out');
    const finished = await folder.run(destroy);
    const document = JSON.parse(finished.stdout);
    expect([finished.code, document]).toMatchObject([3, { exit_code: 3, summary: { deleted: 3, blocked: 1 } }]);
    expect(document.error).toBeUndefined();
    expect([await projects(), await slugs()]).toEqual([['Support bot'], ['own']]);
    // The second time says the same and deletes nothing more.
    expect((await folder.run(destroy)).code).toBe(3);
  });

  test('ends with 3 when the server refuses one deletion, and keeps what holds it', async () => {
    const [prompt] = await acme.destination.list('/v1/prompt?slug=triage');
    const match = { method: 'DELETE', path: `/v1/prompt/${prompt?.id}` };
    await acme.fault({ match, action: { type: 'status', status: 400 } });
    const finished = await folder.run(destroy);
    expect([finished.code, JSON.parse(finished.stdout)]).toMatchObject([3, { summary: { deleted: 2, failed: 1 } }]);
    expect([await projects(), await slugs()]).toEqual([['Support bot'], ['triage']]);
  });

  test('ends with 4 when somebody edited or made something since the plan, and deletes nothing', async () => {
    await makeByHand();
    const finished = await folder.run(destroy);
    expect([finished.code, JSON.parse(finished.stdout)]).toMatchObject([4, { error: { code: 'BTM_PLAN_STALE' } }]);
    expect(await slugs()).toEqual([...SLUGS, 'own'].sort());
  });

  test('ends with 5 while another run holds the state, which then deletes everything', async () => {
    const { running, hold } = await startHeld();
    const refused = await folder.run(destroy);
    expect([refused.code, JSON.parse(refused.stdout)]).toMatchObject([5, { error: { code: 'BTM_STATE_LOCKED' } }]);
    await acme.release(hold);
    expect((await running.finished).code).toBe(0);
    expect([await projects(), await slugs()]).toEqual([[], []]);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends with its code on %s, %i, and the same command deletes the rest', async (signal, code) => {
    const { running, hold } = await startHeld();
    running.process.kill(signal);
    await running.complains('stopping after the work in flight');
    await acme.release(hold);
    const ended = await running.finished;
    expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([code, { exit_code: code, summary: { deleted: 2 } }]);
    expect([await projects(), (await slugs()).length]).toEqual([['Support bot'], 1]);
    expect((await folder.run(destroy)).code).toBe(0);
    expect([await projects(), await slugs()]).toEqual([[], []]);
    expect((await folder.ok('state', 'list', '--json')).stdout).toContain('"items":[]');
  });
});

/** Taking back, held at the second deletion. */
async function startHeld() {
  const match = { method: 'DELETE', org: 'Acme Prod', path: '/v1/prompt/*' };
  const hold = await acme.fault({ match, after: 1, times: 1, action: { type: 'hold' } });
  const running = folder.start(destroy);
  await acme.held(hold);
  return { running, hold };
}
