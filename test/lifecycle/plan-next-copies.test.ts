import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMemoryState } from '../../src/state/memory-store.ts';
import type { Shown } from '../support/emulator-client.ts';
import { rememberPass } from '../support/remember-pass.ts';
import { logRows, StreamOrgs } from '../support/stream-orgs.ts';
import { action, blocks, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let streams: StreamOrgs;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  streams = new StreamOrgs(orgs);
});
afterEach(() => orgs.close());

describe('a destination that is not empty', () => {
  let source: Shown;
  let there: Shown;

  beforeEach(async () => {
    source = await orgs.project();
    there = await orgs.destination.object('POST', '/v1/project', { name: 'Support bot' });
    await streams.insert('source', logRows(source, 3));
    await streams.insert('destination', logRows(there, 1));
  });

  test('blocks a first copy', async () => {
    expect(blocks(await orgs.migration().plan())).toEqual(['logs."Support bot" (destination_not_empty)']);
  });

  test('is merged into where the spec says so, with an eye on equal ids', async () => {
    const plan = await orgs.migration('policy: { into_nonempty: merge }').plan();
    expect(action(plan, 'copy:logs."Support bot"')).toMatchObject({
      reason: 'rows_pending',
      after: { pass: 'first', may_collide: true },
    });
  });

  test('that is protected gets no rows', async () => {
    const plan = await orgs.migration('policy: { into_nonempty: merge }\nprotect: [\'project."Support bot"\']').plan();
    expect(blocks(plan)).toEqual(['logs."Support bot" (protected)']);
  });
});

describe('a container that was copied before', () => {
  let source: Shown;
  let there: Shown;
  let newest: string;
  const store = () => openMemoryState();

  beforeEach(async () => {
    source = await orgs.project();
    there = await orgs.destination.object('POST', '/v1/project', { name: 'Support bot' });
    newest = await streams.insert('source', logRows(source, 3));
    await streams.insert('destination', logRows(there, 3));
  });

  const copied = async (more: object = {}) => {
    const state = store();
    await rememberPass(state, {
      orgs: await streams.ids(),
      stream: 'logs',
      container: source.id,
      destinationContainer: there.id,
      settled: newest,
      rows: 3,
      ...more,
    });
    return orgs.migration('', { store: state });
  };

  test('is in sync when nothing came behind what was settled', async () => {
    const plan = await (await copied()).plan();
    expect(action(plan, 'skip:logs."Support bot"').reason).toBe('in_sync');
    expect(pending(plan)).toEqual([]);
  });

  test('is read behind what was settled when rows came or were edited', async () => {
    const migration = await copied();
    orgs.emulator.clock.advance(5_000);
    await streams.insert('source', logRows(source, 1, { input: 'edited' }));
    const xact_id = await streams.insert('source', logRows(source, 2, {}, 3));
    const plan = await migration.plan();
    expect(action(plan, 'copy:logs."Support bot"')).toMatchObject({
      reason: 'rows_changed',
      after: { pass: 'next', xact_after: newest, xact_up_to: xact_id, counted: 3, rows: 3, may_collide: true },
    });
  });

  test('is in sync with rows that the last pass saw above what it settled, and no others', async () => {
    const before = String(BigInt(newest) - 65_536n);
    const migration = await copied({ settled: before, window: { rows: 3, newest } });
    expect(action(await migration.plan(), 'skip:logs."Support bot"').reason).toBe('in_sync');
    orgs.emulator.clock.advance(5_000);
    await streams.insert('source', logRows(source, 2, {}, 3));
    expect(action(await migration.plan(), 'copy:logs."Support bot"').after).toMatchObject({ counted: 5, rows: 5 });
  });

  test('is read whole for another creation window', async () => {
    const migration = await copied();
    migration.respec('streams: { logs: { created_after: 2020-01-01 } }');
    expect(action(await migration.plan(), 'copy:logs."Support bot"').after).toMatchObject({
      pass: 'next',
      xact_after: null,
      counted: 3,
      may_collide: true,
    });
  });

  test('is taken up where a killed run left it, although the destination has rows', async () => {
    const plan = await (await copied({ unfinished: true, rows: 2 })).plan();
    expect(action(plan, 'copy:logs."Support bot"').after).toMatchObject({ pass: 'first', counted: 3, rows: 1 });
  });

  test('is copied anew into a container that took its place', async () => {
    const plan = await (await copied({ destinationContainer: 'one that was deleted' })).plan();
    expect(blocks(plan)).toEqual(['logs."Support bot" (destination_not_empty)']);
  });
});
