import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AcmeWorkspace, openAcmeWorkspace } from '../support/acme-workspace.ts';
import type { Shown } from '../support/emulator-client.ts';

const TRIAGE = 'prompt."Support bot".triage';

let acme: AcmeWorkspace;
let prompt: Shown;
/** In the destination: the same prompt under another slug. */
let older: Shown;
let project: Shown;
beforeEach(async () => {
  acme = await openAcmeWorkspace('resources: { include: [projects, prompts] }\n');
  const own = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  prompt = await acme.source.object('POST', '/v1/prompt', { project_id: own.id, name: 'Triage', slug: 'triage' });
  project = await acme.destination.object('POST', '/v1/project', { name: 'Support bot' });
  older = await acme.destination.object('POST', '/v1/prompt', { project_id: project.id, name: 'Triage', slug: 'sort' });
});
afterEach(() => acme.close());

const planned = async () => {
  const { actions } = (await acme.json(['plan'])) as { actions: { id: string; reason: string }[] };
  return actions.map(({ id, reason }) => `${id} (${reason})`);
};

describe('import', () => {
  test('makes the next plan update an object that has another name, instead of creating a second one', async () => {
    expect(await planned()).toContain(`create:${TRIAGE} (missing_in_destination)`);
    expect(await acme.json(['import', TRIAGE, older.id])).toMatchObject({
      command: 'import',
      items: [{ address: TRIAGE, kind: 'prompt', source_id: prompt.id, destination_id: older.id, origin: 'adopted' }],
    });
    expect(await planned()).toContain(`update:${TRIAGE} (renamed)`);
    expect(await acme.json(['state', 'check'])).toMatchObject({ problems: [] });
    await acme.json(['apply', '--auto-approve']);
    expect(await acme.destination.list('/v1/prompt')).toMatchObject([{ id: older.id, slug: 'triage' }]);
    expect(await acme.json(['state', 'list', TRIAGE])).toMatchObject({ items: [{ origin: 'adopted' }] });
  });

  test('says in a new state which organizations it belongs to, so that another pair is refused', async () => {
    await acme.json(['import', TRIAGE, older.id]);
    const [source, destination] = acme.emulator.orgs;
    expect(await acme.json(['state', 'show'])).toMatchObject({
      source_org_id: source?.id,
      destination_org_id: destination?.id,
    });
    const swapped = {
      BT_SOURCE_URL: acme.emulator.url,
      BT_DEST_URL: acme.emulator.url,
      BT_SOURCE_API_KEY: destination?.key ?? '',
      BT_DEST_API_KEY: source?.key ?? '',
    };
    const { code, stderr } = await acme.run(['plan'], { env: swapped });
    expect([code, stderr]).toEqual([4, expect.stringContaining('The state belongs to another source organization')]);
  });

  test('records what is equal as in sync', async () => {
    const equal = { project_id: project.id, name: 'Triage', slug: 'triage' };
    const same = await acme.destination.object('POST', '/v1/prompt', equal);
    await acme.json(['import', TRIAGE, same.id]);
    expect(await planned()).toContain(`skip:${TRIAGE} (in_sync)`);
  });

  test('writes to neither organization, and twice is once', async () => {
    acme.emulator.requests.clear();
    await acme.json(['import', TRIAGE, older.id]);
    expect(acme.emulator.requests.all().filter(({ method }) => method !== 'GET' && method !== 'POST')).toEqual([]);
    const { serial } = await acme.json(['state', 'show']);
    expect(await acme.json(['import', TRIAGE, older.id])).toMatchObject({ summary: 'It is already recorded' });
    expect(await acme.json(['state', 'show'])).toMatchObject({ serial });
    expect(await acme.destination.list('/v1/prompt')).toMatchObject([{ id: older.id, slug: 'sort' }]);
  });

  test('refuses either object when it is recorded as something else, and changes nothing', async () => {
    const { project_id } = prompt;
    await acme.source.object('POST', '/v1/prompt', { project_id, name: 'Refund', slug: 'refund' });
    await acme.json(['import', TRIAGE, older.id]);
    const before = await acme.run(['state', 'export']);
    const taken = await acme.run(['import', 'prompt."Support bot".refund', older.id]);
    expect(taken).toMatchObject({ code: 1, stdout: '' });
    expect(taken.stderr).toContain(`${older.id} is already recorded as what ${TRIAGE}`);
    const other = { project_id: project.id, name: 'Other', slug: 'other' };
    const { id } = await acme.destination.object('POST', '/v1/prompt', other);
    const again = await acme.run(['import', TRIAGE, id]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain(`${TRIAGE} is already recorded as ${older.id}`);
    expect((await acme.run(['state', 'export'])).stdout).toBe(before.stdout);
  });

  test.each([
    [
      'an address that the source does not have',
      () => ['prompt."Support bot".triag', older.id],
      `Did you mean ${TRIAGE}?`,
    ],
    ['an id that the destination does not have', () => [TRIAGE, prompt.id], `no prompt with the id`],
    ['an object of another kind', () => [TRIAGE, project.id], 'is a project in Acme Prod, not a prompt'],
    ['something that is no address', () => ['triage', older.id], 'is not an address'],
    ['rows', () => ['logs."Support bot"', older.id], 'no id of its own'],
    ['one argument', () => [TRIAGE], 'import needs DESTINATION_ID'],
  ])('ends with 7 for %s, and creates no state', async (_what, words, message) => {
    const { code, stderr } = await acme.run(['import', ...words()]);
    expect(stderr).toContain(message);
    expect(code).toBe(7);
    expect(existsSync(join(acme.cli.folder, 'bt-migrate.state.db'))).toBe(false);
  });

  test('refuses an object of another project, until that project is imported', async () => {
    const other = await acme.destination.object('POST', '/v1/project', { name: 'Helper' });
    const moved = { project_id: other.id, name: 'Triage', slug: 'triage' };
    const { id } = await acme.destination.object('POST', '/v1/prompt', moved);
    const refused = await acme.run(['import', TRIAGE, id]);
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain(`belongs to project."Support bot", ${id} to project.Helper`);
    await acme.json(['import', 'project."Support bot"', other.id]);
    await acme.json(['import', TRIAGE, id]);
    expect(await planned()).toContain(`skip:${TRIAGE} (in_sync)`);
  });

  test('ends with 6 when the kind cannot be listed, because absence proves nothing', async () => {
    const match = { path: '/^\\/v1\\/(prompt|function)$/', org: 'Acme Prod' };
    acme.emulator.faults.add({ match, action: { type: 'status', status: 403 } });
    const { code, stderr } = await acme.run(['import', TRIAGE, older.id]);
    expect(stderr).toContain('could not be read');
    expect(code).toBe(6);
  });
});
