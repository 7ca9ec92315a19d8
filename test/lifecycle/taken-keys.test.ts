import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RunSummary } from '../../src/domain/run-summary.ts';
import type { Shown } from '../support/emulator-client.ts';
import type { Migration } from '../support/migration.ts';
import { blocks, chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;
let copy: Shown;
let migration: Migration;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project();
  migration = orgs.migration();
  await migrate(migration);
  copy = await orgs.found('destination', '/v1/project', 'Support bot');
});
afterEach(() => orgs.close());

const make = (side: 'source' | 'destination', kind: string, body: object) =>
  orgs[side].object('POST', `/v1/${kind}`, { project_id: side === 'source' ? project.id : copy.id, ...body });

/** Applies a plan, and does something by hand while this create is under way. */
async function meanwhile(path: string, byHand: () => Promise<unknown>): Promise<RunSummary> {
  const plan = await migration.plan();
  const [hold = ''] = orgs.emulator.faults.add({ match: { method: 'POST', path }, times: 1, action: { type: 'hold' } });
  const applying = migration.apply(plan);
  await orgs.emulator.faults.held(hold);
  await byHand();
  orgs.emulator.faults.release();
  return applying;
}

describe('what somebody makes by hand while apply runs', () => {
  test('is not written over when it is a prompt', async () => {
    const desk = await make('source', 'mcp_server', { name: 'Desk', url: 'https://desk.acme.example' });
    const prompt_data = chat('Ours.', { mcp: { desk: { type: 'id', id: desk.id } } });
    await make('source', 'prompt', { name: 'Triage', slug: 'triage', prompt_data });
    let mine: Shown | undefined;
    const run = await meanwhile('/v1/mcp_server', async () => {
      mine = await make('destination', 'prompt', { name: 'Mine', slug: 'triage', prompt_data: chat('Mine.') });
    });
    expect(run.actions.find(({ id }) => id.startsWith('create:prompt.'))).toMatchObject({
      status: 'failed',
      error: { code: 'BTM_EXISTS_NOW', detail: expect.stringContaining(`id ${mine?.id}, version ${mine?._xact_id}`) },
    });
    expect(await orgs.found('destination', '/v1/prompt', 'triage')).toMatchObject({ _xact_id: mine?._xact_id });
    expect(blocks(await migration.plan())).toEqual(['prompt."Support bot".triage (conflict)']);
  });

  test('is not taken over when it is an experiment', async () => {
    const golden = await make('source', 'dataset', { name: 'Golden' });
    await make('source', 'experiment', { name: 'Run', dataset_id: golden.id, description: 'Ours' });
    let mine: Shown | undefined;
    const run = await meanwhile('/v1/dataset', async () => {
      mine = await make('destination', 'experiment', { name: 'Run', description: 'Mine' });
    });
    expect(run.actions.find(({ id }) => id.startsWith('create:experiment.'))).toMatchObject({
      status: 'failed',
      error: { code: 'BTM_EXISTS_NOW', detail: expect.stringContaining(String(mine?.id)) },
    });
    expect(await orgs.destination.list('/v1/experiment')).toMatchObject([{ id: mine?.id, description: 'Mine' }]);
    expect((await migration.store.snapshot()).mappings.map(({ kind }) => kind)).not.toContain('experiment');
  });
});

test('one look into a project is enough for many creates, none into one that is new, and the estimate knows', async () => {
  for (let number = 0; number < 9; number += 1) {
    await make('source', 'prompt', { name: `P${number}`, slug: `p${number}`, prompt_data: chat('One.') });
  }
  const other = await orgs.project('Sales bot');
  await orgs.source.object('POST', '/v1/prompt', { project_id: other.id, name: 'Q', slug: 'q' });
  const plan = await migration.plan();
  expect(pending(plan)).toHaveLength(11);
  orgs.emulator.requests.clear();
  const run = await migration.apply(plan);
  const looks = orgs.emulator.requests
    .all()
    .filter(({ method, query }) => method === 'GET' && query.includes('project_id='))
    .map(({ path }) => path);
  expect(looks).toEqual(['/v1/function']);
  expect(run.summary).toMatchObject({ created: 11, failed: 0 });
  const { source, destination } = plan.estimates.requests ?? { source: 0, destination: 0 };
  // An empty list is told by its first page.
  expect(run.requests).toEqual({ source, destination: destination - 1 });
});
