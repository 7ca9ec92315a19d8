import { afterEach, expect, test } from 'vitest';
import { type AcmeWorkspace, openAcmeWorkspace } from '../support/acme-workspace.ts';

let acme: AcmeWorkspace;
afterEach(() => acme.close());

const NAMED = 'source: { org: Acme Dev }\ndestination: { org: Acme Prod }\n';

async function open(yaml: string): Promise<void> {
  acme = await openAcmeWorkspace(yaml);
  const { id } = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  await acme.source.object('POST', '/v1/prompt', { project_id: id, name: 'Triage', slug: 'triage' });
}

test('a plan for organizations that the spec does not name says which they are and how to name them', async () => {
  await open('');
  const { code, stderr } = await acme.run(['plan']);
  expect(code).toBe(0);
  expect(stderr).toContain('so it is the one the key belongs to: "Acme Dev". Set source.org: "Acme Dev",');
  expect(stderr).toContain('so it is the one the key belongs to: "Acme Prod". Set destination.org: "Acme Prod",');
  expect(stderr.match(/\(org_not_named\)/g)).toHaveLength(2);
});

test('a plan that is what was meant warns of nothing', async () => {
  await open(NAMED);
  expect((await acme.run(['plan'])).stderr).toBe('');
  expect((await acme.run(['plan', '--target', 'role.*'])).stderr).toBe('');
});

test('a spec that selects no project says so, and one without projects on purpose does not', async () => {
  await open(`${NAMED}projects: { exclude: ["*"] }\n`);
  expect((await acme.run(['plan'])).stderr).toContain('No project of the source is selected');
  acme.cli.write('migration.yaml', `version: 1\n${NAMED}resources: { include: [roles] }\n`);
  expect((await acme.run(['plan'])).stderr).toBe('');
});

test('who excludes a project by its address learns how to exclude what it holds', async () => {
  await open(NAMED);
  const { stdout, stderr } = await acme.run(['plan', '--exclude', 'project."Support bot"']);
  expect(stderr).toContain(
    'leaves out the project itself, not what it holds. To leave out both, name it under projects.exclude',
  );
  expect(stdout).toContain('projects.exclude leaves out a project with all it holds');
});
