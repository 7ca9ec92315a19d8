import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AcmeWorkspace, openAcmeWorkspace } from '../support/acme-workspace.ts';

const ANN = 'ann@acme.example';
let acme: AcmeWorkspace;
beforeEach(async () => {
  acme = await openAcmeWorkspace('resources: { include: [users, projects, acls] }\n');
  for (const org of [acme.source, acme.destination]) {
    await org.object('PATCH', '/v1/organization/members', { invite_users: { emails: [ANN] } });
  }
  const [ann] = await acme.source.list(`/v1/user?email=${ANN}`);
  for (const name of ['Support bot', 'Order desk']) {
    const { id } = await acme.source.object('POST', '/v1/project', { name });
    const grant = { object_type: 'project', object_id: id, user_id: ann?.id, permission: 'read' };
    await acme.source.object('POST', '/v1/acl', grant);
  }
});
afterEach(() => acme.close());

const read = (name: string) => readFileSync(join(acme.cli.folder, name), 'utf8');

test('a person is named where somebody reads and nowhere where it is kept', async () => {
  await acme.run(['plan', '-o', 'plan.out']);
  const match = { method: 'POST', path: '/v1/acl', org: 'Acme Prod' };
  acme.emulator.faults.add({ match, action: { type: 'status', status: 400 }, times: 1 });
  const kept = ['--events', 'events.ndjson', '--report', 'report.json'];
  const { code, stdout, stderr } = await acme.run(['apply', 'plan.out', ...kept, '--log-level', 'debug']);
  expect(code).toBe(3);
  expect(read('plan.out')).toContain(ANN);
  expect(stdout).toMatch(/ x create acl\.project\."?[\w ]+"?\."user:ann@acme\.example"\.read\.-\n/);
  for (const text of [stderr, read('events.ndjson'), read('report.json')]) {
    expect(text).toContain('user:email~');
    expect(text).not.toContain(ANN);
  }
  expect(readFileSync(join(acme.cli.folder, 'bt-migrate.state.db')).includes(ANN)).toBe(false);
});

test('the report and the events name a person as the state does, so that one can be looked up in the other', async () => {
  await acme.run(['plan', '-o', 'plan.out']);
  await acme.run(['apply', 'plan.out', '--report', 'report.json', '--events', 'events.ndjson']);
  const { actions } = JSON.parse(read('report.json')) as { actions: { address: string; op: string; status: string }[] };
  const created = actions.filter(({ op }) => op === 'create').map(({ address }) => address);
  const finished = read('events.ndjson')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ type, op }) => type === 'action_finished' && op === 'create')
    .map(({ address }) => address);
  const { items } = (await acme.json(['state', 'list'])) as { items: { address: string; origin: string }[] };
  const known = items.filter(({ origin }) => origin === 'created').map(({ address }) => address);
  expect(created.sort()).toEqual(known.sort());
  expect(finished.sort()).toEqual(known);
  expect(known.filter((address) => address.startsWith('acl.'))).toHaveLength(2);
});
