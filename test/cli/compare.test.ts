import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AcmeWorkspace, openAcmeWorkspace } from '../support/acme-workspace.ts';
import type { Shown } from '../support/emulator-client.ts';

const HOSTILE = '</details> | `@acme/everyone` \u001b[31m<b>';
const RESOURCES = 'resources: { include: [projects, prompts, datasets, experiments, project_tags] }\n';

let acme: AcmeWorkspace;
let project: Shown;
let home: Shown;

beforeEach(async () => {
  acme = await openAcmeWorkspace(RESOURCES);
  project = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  const here = { project_id: project.id };
  await acme.source.object('POST', '/v1/prompt', { ...here, name: 'Triage', slug: 'triage', description: 'Sorts' });
  await acme.source.object('POST', '/v1/prompt', { ...here, name: 'Refund', slug: 'refund' });
  const golden = await acme.source.object('POST', '/v1/dataset', { ...here, name: 'Golden' });
  await acme.source.object('POST', '/v1/experiment', { ...here, name: 'Base', dataset_id: golden.id });
  await acme.json(['apply', '--auto-approve']);
  [home = home] = (await acme.destination.list('/v1/project')) as Shown[];
  acme.emulator.requests.clear();
});
afterEach(() => acme.close());

/** One object of each sort of difference. */
async function differ(): Promise<void> {
  const [triage] = await acme.destination.list('/v1/prompt?slug=triage');
  await acme.destination.object('PATCH', `/v1/prompt/${triage?.id}`, { description: 'Guesses' });
  await acme.source.object('POST', '/v1/project_tag', { project_id: project.id, name: HOSTILE });
  await acme.destination.object('POST', '/v1/project_tag', { project_id: home.id, name: 'theirs' });
}

async function compare(...argv: string[]) {
  const { code, stdout, stderr } = await acme.run(['compare', '--json', ...argv]);
  const document = JSON.parse(stdout) as { items: { address: string; status: string }[] };
  return { code, stderr, document, items: document.items.map(({ address, status }) => `${status} ${address}`) };
}

const fail = (org: string, path: string, status: number) =>
  acme.emulator.faults.add({ match: { org, path, method: 'GET' }, action: { type: 'status', status } });

describe('two organizations that hold the same', () => {
  test('end with 0, every object named, and nothing is written or left on disk', async () => {
    const files = readdirSync(acme.cli.folder).sort();
    const { code, items, document } = await compare();
    expect(code).toBe(0);
    expect(items).toEqual([
      'in_sync dataset."Support bot".Golden',
      'in_sync experiment."Support bot".Base',
      'in_sync project."Support bot"',
      'in_sync prompt."Support bot".refund',
      'in_sync prompt."Support bot".triage',
    ]);
    expect(document).toMatchObject({
      command: 'compare',
      exit_code: 0,
      summary: 'No difference: 5 equal.',
      counts: { in_sync: 5, both_moved: 0, missing: 0, unmanaged: 0, unknown: 0 },
      source: { org: 'Acme Dev' },
      destination: { org: 'Acme Prod' },
    });
    expect((await compare('--only-differences')).items).toEqual([]);
    const writes = acme.emulator.requests
      .all()
      .filter(({ method, path }) => method !== 'GET' && path.startsWith('/v1/'));
    expect(writes).toEqual([]);
    expect(readdirSync(acme.cli.folder).sort()).toEqual(files);
  });

  test('need no state, not even one that can be read', async () => {
    acme.cli.write('bt-migrate.state.db', 'not a state '.repeat(100));
    expect((await acme.run(['plan'])).code).toBe(5);
    expect((await compare()).code).toBe(0);
  });
});

describe('two organizations that differ', () => {
  test('end with 2, and the differences are those a plan would find', async () => {
    await differ();
    const { code, items, document } = await compare('--only-differences');
    expect(code).toBe(2);
    expect(items).toEqual([
      expect.stringContaining('missing project_tag."Support bot"."</details>'),
      'unmanaged project_tag."Support bot".theirs',
      'both_moved prompt."Support bot".triage',
    ]);
    expect(document.items.at(-1)).toEqual({
      address: 'prompt."Support bot".triage',
      status: 'both_moved',
      changes: [{ path: 'description', before: 'Guesses', after: 'Sorts' }],
    });
    expect(document).toMatchObject({ exit_code: 2, counts: { in_sync: 4 } });
  });

  test('are not told apart by pins of old versions, whose ids mean nothing elsewhere', async () => {
    for (const [side, id] of [
      ['source', project.id],
      ['destination', home.id],
    ] as const) {
      const here = { project_id: id };
      const inner = await acme[side].object('POST', '/v1/prompt', { ...here, name: 'Inner', slug: 'inner' });
      const used = [{ type: 'function', id: inner.id, version: inner._xact_id }];
      await acme[side].object('POST', '/v1/prompt', {
        ...here,
        name: 'Outer',
        slug: 'outer',
        prompt_data: { tool_functions: used },
      });
      await acme[side].object('PATCH', `/v1/prompt/${inner.id}`, { description: 'Newer' });
    }
    const { code, document } = await compare();
    expect([code, document.items]).toEqual([
      0,
      expect.arrayContaining([
        expect.objectContaining({
          address: 'prompt."Support bot".outer',
          detail: expect.stringMatching(/pins a version/),
        }),
      ]),
    ]);
  });

  test('are shown as text, with what is equal or without', async () => {
    await differ();
    const { code, stdout } = await acme.run(['compare']);
    expect(code).toBe(2);
    expect(stdout).toContain('Different (1)\n ~ prompt."Support bot".triage\n     description: "Guesses" -> "Sorts"\n');
    expect(stdout).toContain('Only in the destination (1)\n + project_tag."Support bot".theirs\n');
    expect(stdout).toContain('Equal (4)\n = dataset."Support bot".Golden\n');
    expect(stdout).toMatch(
      /\nNot the same: 1 different, 1 only in the source, 1 only in the destination, 4 equal\.\n$/,
    );
    expect(stdout).not.toContain('\u001b[31m');
    const { stdout: short } = await acme.run(['compare', '--only-differences']);
    expect(short).not.toContain('Golden');
    expect(short).toContain('4 equal.');
  });

  test('are shown as Markdown that no name can break, as long as is asked for', async () => {
    await differ();
    const { stdout } = await acme.run(['compare', '--format', 'markdown']);
    expect(stdout).toContain('## Comparison: `Acme Dev` and `Acme Prod`\n');
    expect(stdout).toContain('### Different (1)\n\n- `prompt."Support bot".triage`\n');
    expect(stdout).toContain('  - "Guesses"\n  + "Sorts"\n');
    expect(stdout).toContain('<details><summary>Equal (4)</summary>');
    expect(stdout).toMatch(/- ``project_tag\."Support bot"\."<\/details> \| `@acme\/everyone`/);
    expect(stdout).not.toContain('\u001b');
    const { stdout: cut } = await acme.run(['compare', '--format', 'markdown', '--max-chars', '1000']);
    expect(cut.length).toBeLessThanOrEqual(1000);
    expect((await acme.run(['compare', '--max-chars', '10'])).code).toBe(7);
  });

  test('are the same again where the spec says that they may differ', async () => {
    const [triage] = await acme.destination.list('/v1/prompt?slug=triage');
    await acme.destination.object('PATCH', `/v1/prompt/${triage?.id}`, { description: 'Guesses' });
    await acme.destination.object('PATCH', `/v1/project/${home.id}`, { name: 'Support bot (prod)' });
    expect((await compare()).code).toBe(2);
    acme.cli.write(
      'migration.yaml',
      `version: 1\n${RESOURCES}projects: { rename: { "Support bot": "Support bot (prod)" } }\n` +
        "ignore: [{ at: 'prompt.*.*', path: description, reason: edited there }]\n",
    );
    const { code, document } = await compare();
    expect(code).toBe(0);
    expect(document.items).toContainEqual(
      expect.objectContaining({ status: 'in_sync', detail: expect.stringContaining('what the spec ignores') }),
    );
  });

  test('do so whatever the policies of the spec say should be done about it', async () => {
    await differ();
    const { items } = await compare();
    acme.cli.write(
      'migration.yaml',
      `version: 1\n${RESOURCES}policy: { on_conflict: skip, missing_reference: drop, activate: never, prune: true, max_deletes: 9 }\n` +
        "protect: ['project.*']\naccept: [{ at: 'prompt.*.*', reason: known }]\n",
    );
    expect((await compare()).items).toEqual(items);
  });
});

describe('what cannot be read', () => {
  test.each([
    ['Acme Dev', 403, 6, 'BTM_PERMISSION_DENIED'],
    ['Acme Prod', 403, 6, 'BTM_PERMISSION_DENIED'],
    ['Acme Prod', 500, 8, 'BTM_SERVER_FAILED'],
  ])('is unknown, with all that refers to it, when %s answers with %i', async (org, status, code, error) => {
    await differ();
    fail(org, '/v1/dataset', status);
    const found = await compare('--only-differences');
    expect(found.code).toBe(code);
    expect(found.items.filter((item) => item.startsWith('unknown'))).toEqual([
      'unknown dataset."Support bot".Golden',
      'unknown dataset.*',
      'unknown experiment."Support bot".Base',
    ]);
    expect(found.items).toContain('both_moved prompt."Support bot".triage');
    expect(found.document).toMatchObject({ exit_code: code, error: { code: error } });
    expect(found.stderr).toContain('of kind dataset');
  });
});
