import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AcmeWorkspace, openAcmeWorkspace } from '../support/acme-workspace.ts';

let acme: AcmeWorkspace;
beforeEach(async () => {
  acme = await openAcmeWorkspace('resources: { include: [projects, prompts, datasets, dataset_rows] }\n');
  const { id } = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  await acme.source.object('POST', '/v1/prompt', { project_id: id, name: 'Triage', slug: 'triage' });
  const golden = await acme.source.object('POST', '/v1/dataset', { project_id: id, name: 'Golden' });
  await acme.source.object('POST', '/logs3', { rows: [{ id: 'r', dataset_id: golden.id, input: 1 }], api_version: 2 });
  await acme.json(['apply', '--auto-approve']);
});
afterEach(() => acme.close());

const projects = async () => (await acme.destination.list('/v1/project')).map(({ name }) => name);

test('a migration is taken back by plan --destroy and apply, and made again by the next plan', async () => {
  const { code, stdout } = await acme.run(['plan', '--destroy', '-o', 'undo.out', '--detailed-exitcode']);
  expect(code).toBe(2);
  expect(stdout).toContain('Destroy plan for Acme Prod');
  expect(stdout).toContain('Plan: 3 to delete.');
  expect(stdout).toContain('its 1 row will be deleted with it, all written by this state');
  const shown = await acme.run(['show', 'undo.out', '--format', 'markdown']);
  expect(shown.stdout).toContain('## Destroy plan: deletes in');
  expect(shown.stdout).toContain('### Deleted');
  expect(shown.stdout).toContain('dataset."Support bot".Golden');
  expect(await acme.json(['show', 'undo.out', '--format', 'json'])).toMatchObject({ mode: 'destroy' });

  expect(await acme.json(['apply', 'undo.out'])).toMatchObject({ exit_code: 0, summary: { deleted: 3, failed: 0 } });
  expect(await projects()).toEqual([]);
  expect(await acme.json(['state', 'list'])).toMatchObject({ items: [] });
  expect(await acme.json(['state', 'check'])).toMatchObject({ problems: [] });
  expect(await acme.json(['apply', 'undo.out'])).toMatchObject({ already_applied: true });
  expect((await acme.run(['plan', '--destroy', '--detailed-exitcode'])).code).toBe(0);
  expect(await acme.json(['apply', '--auto-approve'])).toMatchObject({ summary: { created: 3, rows: 1 } });
});

test('a saved plan is the approval, at a terminal too', async () => {
  await acme.run(['plan', '--destroy', '-o', 'undo.out']);
  expect((await acme.run(['apply', 'undo.out'], { answer: 'no\n' })).code).toBe(0);
  expect(await projects()).toEqual([]);
});

test('what stays is told: 3 with rows of others, 4 when they came after the plan, 7 for an address of nothing', async () => {
  await acme.run(['plan', '--destroy', '-o', 'early.out']);
  const [golden] = await acme.destination.list('/v1/dataset');
  const row = { id: 'own', dataset_id: golden?.id, input: 2 };
  await acme.destination.object('POST', '/logs3', { rows: [row], api_version: 2 });
  const stale = await acme.run(['apply', 'early.out']);
  expect([stale.code, stale.stderr]).toEqual([4, expect.stringContaining('1 of its rows is not ours now')]);
  expect((await acme.destination.list('/v1/prompt')).length).toBe(1);

  const { code, stdout } = await acme.run(['plan', '--destroy', '-o', 'undo.out']);
  expect(code).toBe(0);
  expect(stdout).toContain('1 of its rows is not as this state wrote it, or was written by somebody else: look at it');
  expect((await acme.run(['apply', 'undo.out'])).code).toBe(3);
  expect(await projects()).toEqual(['Support bot']);
  expect(await acme.destination.list('/v1/prompt')).toEqual([]);
  expect((await acme.run(['plan', '--destroy', '--target', 'prompt.No.no'])).code).toBe(7);
});
