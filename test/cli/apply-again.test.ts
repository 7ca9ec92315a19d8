import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AcmeWorkspace, openAcmeWorkspace } from '../support/acme-workspace.ts';

let acme: AcmeWorkspace;
beforeEach(async () => {
  acme = await openAcmeWorkspace('resources: { include: [projects, prompts] }\n');
  const project = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  for (const slug of ['refund', 'triage']) {
    await acme.source.object('POST', '/v1/prompt', { project_id: project.id, name: slug, slug });
  }
});
afterEach(() => acme.close());

async function apply() {
  acme.emulator.requests.clear();
  const { code, stdout } = await acme.run(['apply', 'plan.out', '--json']);
  const writes = acme.emulator.requests.all().filter(({ method, path }) => method !== 'GET' && path.startsWith('/v1/'));
  return { code, report: JSON.parse(stdout), writes: writes.map(({ path }) => path) };
}

test('a plan of which all but the blocked is applied does not claim success when it is applied again', async () => {
  const { id } = await acme.destination.object('POST', '/v1/project', { name: 'Support bot' });
  await acme.destination.object('POST', '/v1/prompt', {
    project_id: id,
    name: 'triage',
    slug: 'triage',
    description: 'x',
  });
  await acme.run(['plan', '-o', 'plan.out']);
  const first = await apply();
  expect([first.code, first.writes]).toEqual([3, ['/v1/prompt']]);
  const second = await apply();
  expect([second.code, second.writes]).toEqual([3, []]);
  const blocked = { id: 'blocked:prompt."Support bot".triage', status: 'blocked', accepted: false };
  expect(second.report).toMatchObject({ exit_code: 3, already_applied: true, run_id: first.report.run_id });
  expect(second.report.actions).toContainEqual(expect.objectContaining(blocked));
  const { code, stdout } = await acme.run(['apply', 'plan.out']);
  expect(code).toBe(3);
  expect(stdout).toContain('blocked prompt."Support bot".triage');
  expect(stdout).toContain(
    `Already applied by run ${first.report.run_id}, except what is blocked or quarantined. Nothing was written.`,
  );
});

test('a plan of which something failed is gone on with until all of it is applied', async () => {
  await acme.run(['plan', '-o', 'plan.out']);
  const match = { method: 'POST', path: '/v1/prompt', bodyIncludes: 'refund', org: 'Acme Prod' };
  acme.emulator.faults.add({ match, action: { type: 'status', status: 400 } });
  expect(await apply()).toMatchObject({ code: 3, writes: ['/v1/project', '/v1/prompt', '/v1/prompt'] });
  expect(await apply()).toMatchObject({ code: 3, writes: ['/v1/prompt'], report: { already_applied: false } });
  acme.emulator.faults.clear();
  const done = await apply();
  expect(done).toMatchObject({ code: 0, writes: ['/v1/prompt'], report: { resumed: true, summary: { created: 1 } } });
  const { code, stdout } = await acme.run(['apply', 'plan.out']);
  expect([code, stdout]).toEqual([0, expect.stringContaining(`Already applied by run ${done.report.run_id}. Nothing`)]);
});
