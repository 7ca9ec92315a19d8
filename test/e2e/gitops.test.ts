import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AcmeProcess } from '../support/acme-process.ts';
import { type WorkflowJob, WorkflowRunner } from '../support/workflow-runner.ts';

/** Milliseconds: every job starts a shell and several processes, on a machine that does much else. */
const MOST_TIME = 300_000;

let acme: AcmeProcess;
let runner: WorkflowRunner;

beforeEach(async () => {
  acme = await AcmeProcess.start();
  runner = new WorkflowRunner({
    BT_SOURCE_URL: acme.url,
    BT_DEST_URL: acme.url,
    BT_SOURCE_API_KEY: acme.keys[0],
    BT_DEST_API_KEY: acme.keys[1],
  });
});
afterEach(async () => {
  runner.remove();
  await acme.stop();
});

const NEWS = 'Write two sentences, then ask one question.';
const BY_HAND = 'Answer only with yes.';

const ORGS = 'source: { org: Acme Dev }\ndestination: { org: Acme Prod }\n';

const commitSpec = (branch: string, yaml: string): Promise<void> => runner.commitSpec(branch, `${yaml}${ORGS}`);

async function merge(branch: string): Promise<void> {
  await runner.shell(runner.hub, `git --git-dir="${runner.remote}" update-ref refs/heads/main refs/heads/${branch}`);
}

/** The job of a pull request: plan, artifact, comment. */
async function planned(branch: string): Promise<WorkflowJob> {
  const job = await runner.job(branch);
  const run = await job.run('plan', ['Fetch the state', 'Plan']);
  expect(run.stderr).toBe('');
  expect(run.code).toBe(0);
  job.keep('plan.out');
  writeFileSync(join(runner.hub, 'head'), await job.head());
  expect((await job.run('plan', ['Show it in one comment'])).code).toBe(0);
  return job;
}

async function applied(): Promise<WorkflowJob> {
  const job = await runner.job('main');
  const run = await job.run('apply', ['Find the reviewed plan', 'Fetch the state', 'Apply', 'Save the state']);
  expect(`${run.code} ${run.stderr}`).toMatch(/^0 /);
  return job;
}

async function nightly(): Promise<{ readonly code: number | null; readonly text: string }> {
  const job = await runner.job('main');
  const { code } = await job.run('drift', ['Fetch the state', 'Drift']);
  return { code, text: job.has('drift.txt') ? job.read('drift.txt') : '' };
}

test(
  'a spec change is planned in its pull request, applied by digest on merge, and checked every night',
  async () => {
    const project = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
    const prompt = (text: string) => ({
      project_id: project.id,
      name: 'Triage',
      slug: 'triage',
      prompt_data: { prompt: { type: 'completion', content: text } },
    });
    await acme.source.object('POST', '/v1/prompt', prompt(NEWS));
    await commitSpec('main', 'version: 1\nprojects: { include: ["nothing-*"] }\n');
    await commitSpec('move-support-bot', 'version: 1\nresources: { include: [projects, prompts] }\n');

    const first = await planned('move-support-bot');
    const comment = readFileSync(join(runner.hub, 'comment.md'), 'utf8');
    expect(comment).toMatch(/^<!-- bt-migrate:plan:/);
    expect(comment).toContain(JSON.parse(first.read('plan.out')).digest);
    expect(comment).toContain(NEWS);
    await merge('move-support-bot');
    await applied();
    expect(await nightly()).toMatchObject({ code: 0 });

    // Nothing but the branch with the state is shared: a lost one is an error once the spec says so.
    await commitSpec(
      'keep-the-state',
      'version: 1\nresources: { include: [projects, prompts] }\nstate: { must_exist: true }\n',
    );
    await planned('keep-the-state');
    await merge('keep-the-state');
    await applied();

    const [copied] = await acme.destination.list('/v1/prompt');
    await acme.destination.object('PATCH', `/v1/prompt/${copied?.id}`, {
      prompt_data: { prompt: { type: 'completion', content: BY_HAND } },
    });
    const drifted = await nightly();
    expect(drifted.code).toBe(2);
    expect(drifted.text).toContain('prompt."Support bot".triage');
    expect(drifted.text).toContain(BY_HAND);

    await commitSpec('put-it-back', '# Again.\nversion: 1\nresources: { include: [projects, prompts] }\n');
    const back = await planned('put-it-back');
    expect(JSON.parse(back.read('plan.out')).actions.filter(({ op }: { op: string }) => op !== 'skip')).toMatchObject([
      { op: 'update', reason: 'destination_changed' },
    ]);
    await merge('put-it-back');
    await applied();
    expect(await nightly()).toMatchObject({ code: 0 });
    expect(readFileSync(join(runner.hub, 'posts'), 'utf8')).toBe('new\nedited\nedited\n');
  },
  MOST_TIME,
);

test('a plan file that is not the one in the comment is not applied', async () => {
  await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  await commitSpec('main', 'version: 1\n');
  const job = await planned('main');
  const plan = job.read('plan.out');
  const { digest } = JSON.parse(plan);
  writeFileSync(join(runner.hub, 'comment.md'), job.read('comment.md').replaceAll(digest, `sha256:${'0'.repeat(64)}`));
  const merged = await runner.job('main');
  const run = await merged.run('apply', ['Find the reviewed plan', 'Fetch the state', 'Apply']);
  expect(run.code).toBe(4);
  expect(await acme.writes()).toEqual([]);
});

test('a lost state ends the job instead of starting afresh', async () => {
  await commitSpec('main', 'version: 1\nstate: { must_exist: true }\n');
  const job = await runner.job('main');
  const run = await job.run('plan', ['Fetch the state', 'Plan']);
  expect(run.code).toBe(5);
});
