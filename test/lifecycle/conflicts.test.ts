import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Shown } from '../support/emulator-client.ts';
import { action, blocks, changes, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;
let prompt: Shown;
const TRIAGE = 'prompt."Support bot".triage';

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project();
  prompt = await orgs.source.object('POST', '/v1/prompt', {
    project_id: project.id,
    name: 'Triage',
    slug: 'triage',
    prompt_data: chat('Sort it.'),
  });
});
afterEach(() => orgs.close());

async function plant(content: string): Promise<Shown> {
  const { id } = await orgs.destination.object('POST', '/v1/project', { name: 'Support bot' });
  return orgs.destination.object('POST', '/v1/prompt', {
    project_id: id,
    name: 'Triage',
    slug: 'triage',
    prompt_data: chat(content),
  });
}

const here = () => orgs.found('destination', '/v1/prompt', 'triage');
const contentOf = ({ prompt_data }: Shown) =>
  (prompt_data as { prompt: { messages: { content: string }[] } }).prompt.messages[0]?.content;

test('an equal object of the destination is adopted: recorded, not written', async () => {
  const there = await plant('Sort it.');
  const migration = orgs.migration();
  orgs.emulator.requests.clear();
  const { plan, run } = await migrate(migration);
  expect(action(plan, `skip:${TRIAGE}`).reason).toBe('adopted');
  expect(run.actions.find(({ id }) => id === `skip:${TRIAGE}`)?.status).toBe('recorded');
  expect(orgs.writesSent()).toEqual([]);
  expect((await migration.store.snapshot()).mappings).toContainEqual(
    expect.objectContaining({ sourceId: prompt.id, destinationId: there.id, origin: 'adopted' }),
  );
  expect(action(await migration.plan(), `skip:${TRIAGE}`).reason).toBe('in_sync');
});

describe('a different object of the destination that is not ours', () => {
  test('is blocked by default, and left alone', async () => {
    await plant('Something else.');
    const { plan } = await migrate(orgs.migration());
    expect(blocks(plan)).toEqual([`${TRIAGE} (conflict)`]);
    expect(changes(action(plan, `blocked:${TRIAGE}`))).toEqual({
      'prompt_data.prompt.messages[0].content': ['Something else.', 'Sort it.'],
    });
    expect(contentOf(await here())).toBe('Something else.');
  });

  test('is updated with on_conflict: update, and is ours from then on', async () => {
    const there = await plant('Something else.');
    const migration = orgs.migration('policy: { on_conflict: update }');
    const { plan } = await migrate(migration);
    expect(action(plan, `update:${TRIAGE}`).reason).toBe('adopted_with_changes');
    expect([contentOf(await here()), (await here()).id]).toEqual(['Sort it.', there.id]);
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('is skipped with on_conflict: skip, and stays so', async () => {
    await plant('Something else.');
    const migration = orgs.migration('policy: { on_conflict: skip }');
    const { plan } = await migrate(migration);
    expect(action(plan, `skip:${TRIAGE}`).reason).toBe('conflict_skipped');
    expect(contentOf(await here())).toBe('Something else.');
    expect(action(await migration.plan(), `skip:${TRIAGE}`).reason).toBe('conflict_skipped');
  });

  test('a prompt does not take the slug of a function', async () => {
    const { id } = await orgs.destination.object('POST', '/v1/project', { name: 'Support bot' });
    await orgs.destination.object('POST', '/v1/function', {
      project_id: id,
      name: 'Triage',
      slug: 'triage',
      function_type: 'tool',
      function_data: { type: 'prompt' },
    });
    const { plan } = await migrate(orgs.migration());
    expect(blocks(plan)).toEqual([`${TRIAGE} (conflict)`]);
    expect((await orgs.destination.list('/v1/function')).map(({ function_type }) => function_type)).toEqual(['tool']);
  });
});

describe('after the first run', () => {
  const edit = (side: 'source' | 'destination', id: string, content: string) =>
    orgs[side].object('PATCH', `/v1/prompt/${id}`, { prompt_data: chat(content) });

  test('an edit in the source is exactly one update, and nothing else is written', async () => {
    const migration = orgs.migration();
    await migrate(migration);
    await edit('source', prompt.id, 'Sort it well.');
    const plan = await migration.plan();
    expect(pending(plan)).toEqual([`update:${TRIAGE}`]);
    expect(action(plan, `update:${TRIAGE}`)).toMatchObject({
      reason: 'source_changed',
      changes: [{ path: 'prompt_data.prompt.messages[0].content', before: 'Sort it.', after: 'Sort it well.' }],
    });
    orgs.emulator.requests.clear();
    await migration.apply(plan);
    expect(orgs.writesSent()).toEqual([`PATCH /v1/prompt/${(await here()).id}`]);
    expect(contentOf(await here())).toBe('Sort it well.');
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('an edit in the destination is planned back', async () => {
    const migration = orgs.migration();
    await migrate(migration);
    await edit('destination', (await here()).id, 'Edited by hand.');
    const { plan } = await migrate(migration);
    expect(action(plan, `update:${TRIAGE}`).reason).toBe('destination_changed');
    expect(contentOf(await here())).toBe('Sort it.');
  });

  test('edits on both sides say so', async () => {
    const migration = orgs.migration();
    await migrate(migration);
    await edit('source', prompt.id, 'Sort it well.');
    await edit('destination', (await here()).id, 'Edited by hand.');
    const { plan } = await migrate(migration);
    expect(action(plan, `update:${TRIAGE}`).reason).toBe('both_changed');
    expect(contentOf(await here())).toBe('Sort it well.');
  });

  test('the same edit on both sides converges without a write', async () => {
    const migration = orgs.migration();
    await migrate(migration);
    await edit('source', prompt.id, 'Agreed.');
    await edit('destination', (await here()).id, 'Agreed.');
    orgs.emulator.requests.clear();
    const { plan } = await migrate(migration);
    expect(action(plan, `skip:${TRIAGE}`).reason).toBe('converged');
    expect(orgs.writesSent()).toEqual([]);
    expect(action(await migration.plan(), `skip:${TRIAGE}`).reason).toBe('in_sync');
  });

  test('an object that somebody else made where ours was deleted is a conflict, not an update', async () => {
    const migration = orgs.migration();
    await migrate(migration);
    const ours = await here();
    await orgs.destination.object('DELETE', `/v1/prompt/${ours.id}`);
    await orgs.destination.object('POST', '/v1/prompt', {
      project_id: ours.project_id,
      name: 'Triage',
      slug: 'triage',
      prompt_data: chat('Mine now.'),
    });
    const { plan } = await migrate(migration);
    expect(blocks(plan)).toEqual([`${TRIAGE} (conflict)`]);
    expect(contentOf(await here())).toBe('Mine now.');
  });

  test('an object that was deleted in the destination is made again', async () => {
    const migration = orgs.migration();
    await migrate(migration);
    await orgs.destination.object('DELETE', `/v1/prompt/${(await here()).id}`);
    const { plan } = await migrate(migration);
    expect(pending(plan)).toEqual([`create:${TRIAGE}`]);
    expect(pending(await migration.plan())).toEqual([]);
  });

  test('an object that was deleted and made again in the source stays ours in the destination', async () => {
    const migration = orgs.migration();
    await migrate(migration);
    const { id } = await here();
    await orgs.source.object('DELETE', `/v1/prompt/${prompt.id}`);
    await orgs.source.object('POST', '/v1/prompt', {
      project_id: project.id,
      name: 'Triage',
      slug: 'triage',
      prompt_data: chat('Second life.'),
    });
    const { plan } = await migrate(migration);
    expect(pending(plan)).toEqual([`update:${TRIAGE}`]);
    expect([(await here()).id, contentOf(await here())]).toEqual([id, 'Second life.']);
    const mine = (await migration.store.snapshot()).mappings.filter(({ destinationId }) => destinationId === id);
    expect(mine).toMatchObject([{ origin: 'created' }]);
    expect(pending(await migration.plan())).toEqual([]);
  });
});
