import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AcmeWorkspace, openAcmeWorkspace } from '../support/acme-workspace.ts';
import type { Shown } from '../support/emulator-client.ts';

const SPEC = 'version: 1\nresources: { include: [projects, datasets, experiments, project_tags] }\n';
const WITH = 'experiment."Support bot".With';
const GOLDEN = 'dataset."Support bot".Golden';
const VIP = 'project_tag."Support bot".vip';

let acme: AcmeWorkspace;
let project: Shown;
let tag: Shown;

beforeEach(async () => {
  acme = await openAcmeWorkspace();
  acme.cli.write('migration.yaml', SPEC);
  project = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  const here = { project_id: project.id };
  const golden = await acme.source.object('POST', '/v1/dataset', { ...here, name: 'Golden' });
  await acme.source.object('POST', '/v1/experiment', { ...here, name: 'With', dataset_id: golden.id });
  await acme.source.object('POST', '/v1/experiment', { ...here, name: 'Without' });
  tag = await acme.source.object('POST', '/v1/project_tag', { ...here, name: 'vip' });
  await acme.source.object('POST', '/v1/project_tag', { ...here, name: 'urgent' });
  await acme.json(['apply', '--auto-approve']);
});
afterEach(() => acme.close());

/** The exit code and the status of everything that is not in sync. */
async function drift(): Promise<{ code: number; moved: Record<string, string>; document: Record<string, unknown> }> {
  const { code, stdout } = await acme.run(['drift', '--json']);
  const document = JSON.parse(stdout) as { items: { address: string; status: string }[] };
  const moved = document.items.filter(({ status }) => status !== 'in_sync');
  return { code, moved: Object.fromEntries(moved.map(({ address, status }) => [address, status])), document };
}

const fail = (org: string, path: string, status = 403) =>
  acme.emulator.faults.add({ match: { org, path, method: 'GET' }, action: { type: 'status', status } });

describe('what refers to objects of a list that failed', () => {
  test.each([
    ['Acme Dev', 403, 6, 'BTM_PERMISSION_DENIED'],
    ['Acme Prod', 403, 6, 'BTM_PERMISSION_DENIED'],
    ['Acme Prod', 500, 8, 'BTM_SERVER_FAILED'],
  ])('is unknown, not moved, when %s answers with %i', async (org, status, code, error) => {
    expect(await drift()).toMatchObject({ code: 0, moved: {} });
    acme.cli.write('migration.yaml', SPEC.replace('datasets, ', ''));
    expect(await drift()).toMatchObject({ code: 0, moved: {} });
    fail(org, '/v1/dataset', status);
    const found = await drift();
    expect([found.code, found.moved]).toEqual([code, { [WITH]: 'unknown' }]);
    expect(found.document.items).toContainEqual({
      address: WITH,
      status: 'unknown',
      changes: [],
      detail: 'A list that it depends on could not be read.',
    });
    const side = org === 'Acme Dev' ? 'source' : 'destination';
    expect(found.document).toMatchObject({
      exit_code: code,
      error: {
        code: error,
        detail: expect.stringContaining(`The ${side} could not be asked for its objects of kind dataset`),
      },
      unknown: [{ side, kind: 'dataset' }],
    });
  });

  test('does not hide what did move, but its code wins', async () => {
    await acme.source.object('PATCH', `/v1/project/${project.id}`, { description: 'Answers customers' });
    fail('Acme Prod', '/v1/dataset');
    const found = await drift();
    expect(found.code).toBe(6);
    expect(found.moved).toEqual({
      'project."Support bot"': 'source_moved',
      [WITH]: 'unknown',
      [GOLDEN]: 'unknown',
      'dataset.*': 'unknown',
    });
  });

  test('is unknown also when the destination has it and the source could not be asked', async () => {
    const there = await acme.destination.list('/v1/project');
    await acme.destination.object('POST', '/v1/dataset', { project_id: there[0]?.id, name: 'Extra' });
    expect(await drift()).toMatchObject({ code: 0, moved: { 'dataset."Support bot".Extra': 'unmanaged' } });
    fail('Acme Dev', '/v1/dataset');
    expect((await drift()).moved).toEqual({
      'dataset."Support bot".Extra': 'unknown',
      [GOLDEN]: 'unknown',
      [WITH]: 'unknown',
      'dataset.*': 'unknown',
    });
  });
});

describe('an object that the source has deleted', () => {
  beforeEach(async () => {
    await acme.source.object('DELETE', `/v1/project_tag/${tag.id}`);
  });

  test('is kept without prune: it is named every night, and the night is green', async () => {
    const found = await drift();
    expect([found.code, found.moved]).toEqual([0, { [VIP]: 'unmanaged' }]);
    expect(found.document.items).toContainEqual(
      expect.objectContaining({
        address: VIP,
        detail: expect.stringContaining('Deleted in the source. It is kept'),
      }),
    );
    const { stdout } = await acme.run(['drift']);
    expect(stdout).toContain(`${VIP}\n     Deleted in the source. It is kept here`);
    await acme.json(['apply', '--auto-approve']);
    expect(await drift()).toMatchObject({ code: 0, moved: { [VIP]: 'unmanaged' } });
  });

  test('is pending with prune until apply has deleted it', async () => {
    acme.cli.write('migration.yaml', `${SPEC}policy: { prune: true, max_deletes: 1 }\n`);
    expect(await drift()).toMatchObject({ code: 2, moved: { [VIP]: 'source_moved' } });
    await acme.json(['apply', '--auto-approve']);
    expect(await drift()).toMatchObject({ code: 0, moved: {} });
  });

  test('is pending with prune while something keeps apply from deleting it', async () => {
    acme.cli.write('migration.yaml', `${SPEC}policy: { prune: true }\n`);
    const found = await drift();
    expect([found.code, found.moved]).toEqual([2, { [VIP]: 'source_moved' }]);
    expect(found.document.items).toContainEqual(
      expect.objectContaining({
        changes: [],
        detail: expect.stringContaining('something keeps apply from deleting it'),
      }),
    );
  });
});

test('the last object of its kind that the source has deleted stays an alarm, until the spec accepts it', async () => {
  const [experiment] = await acme.source.list('/v1/experiment?experiment_name=Without');
  const golden = await acme.source.list('/v1/dataset');
  for (const id of (await acme.source.list('/v1/experiment')).map((one) => one.id)) {
    if (id !== experiment?.id) await acme.source.object('DELETE', `/v1/experiment/${id}`);
  }
  await acme.source.object('DELETE', `/v1/dataset/${golden[0]?.id}`);
  expect(await drift()).toMatchObject({ code: 2, moved: { [GOLDEN]: 'source_moved', [WITH]: 'unmanaged' } });
  acme.cli.write('migration.yaml', `${SPEC}accept: [{ at: 'dataset.*.*', reason: "no longer needed" }]\n`);
  const found = await drift();
  expect([found.code, found.moved]).toEqual([0, { [GOLDEN]: 'unmanaged', [WITH]: 'unmanaged' }]);
  expect(found.document.items).toContainEqual(
    expect.objectContaining({ address: GOLDEN, detail: expect.stringContaining('as the spec accepts') }),
  );
});

test('an adopted object that the source has deleted is kept, and said to be', async () => {
  const [home] = await acme.destination.list('/v1/project');
  for (const [side, id] of [
    ['source', project.id],
    ['destination', home?.id],
  ] as const)
    await acme[side].object('POST', '/v1/project_tag', { project_id: id, name: 'new' });
  await acme.json(['apply', '--auto-approve']);
  const [mine] = await acme.source.list('/v1/project_tag?project_tag_name=new');
  await acme.source.object('DELETE', `/v1/project_tag/${mine?.id}`);
  const found = await drift();
  expect([found.code, found.moved]).toEqual([0, { 'project_tag."Support bot".new': 'unmanaged' }]);
  expect(found.document.items).toContainEqual(
    expect.objectContaining({ detail: expect.stringContaining('was there before the migration') }),
  );
});
