import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parsePattern } from '../../src/domain/address.ts';
import type { Shown } from '../support/emulator-client.ts';
import { logRows, StreamOrgs } from '../support/stream-orgs.ts';
import { action, blocks, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let streams: StreamOrgs;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  streams = new StreamOrgs(orgs);
});
afterEach(() => orgs.close());

describe('rules of the destination', () => {
  let source: Shown;
  let there: Shown;
  const alert = {
    event_type: 'logs',
    btql_filter: 'true',
    interval_seconds: 60,
    action: { type: 'webhook', url: 'https://acme.example/hook' },
  };
  const online = {
    score_type: 'online',
    config: { online: { sampling_rate: 1, scorers: [{ type: 'global', name: 'Factuality' }] } },
  };
  const RULE = 'project_automation."Support bot".alert';

  beforeEach(async () => {
    source = await orgs.project();
    await streams.insert('source', logRows(source, 3, { created: '2026-06-01T00:00:00.000Z' }));
    there = await orgs.destination.object('POST', '/v1/project', { name: 'Support bot' });
  });

  const rule = (name: string, config: object) =>
    streams.make('destination', 'project_automation', there, name, { config });
  const triggers = async () => {
    const plan = await orgs.migration('policy: { active_rules: warn }').plan();
    return action(plan, 'copy:logs."Support bot"').triggers;
  };

  test('block a copy that would set them off, and are named', async () => {
    await rule('alert', alert);
    const plan = await orgs.migration().plan();
    expect(blocks(plan)).toEqual(['logs."Support bot" (active_rules)']);
    expect(action(plan, 'blocked:logs."Support bot"').triggers).toEqual([RULE]);
  });

  test('are only named where the spec lets them act', async () => {
    await rule('alert', alert);
    await streams.make('destination', 'project_score', there, 'tone', online);
    expect(await triggers()).toEqual([RULE, 'project_score."Support bot".tone']);
  });

  test.each<[string, object, string[] | undefined]>([
    [
      'an export that is paused',
      {
        event_type: 'btql_export',
        status: 'paused',
        export_definition: { type: 'log_spans' },
        export_path: 's3://acme/x',
        format: 'jsonl',
        interval_seconds: 60,
        credentials: { type: 'gcp_service_account', service_account_email: 'a@b.example' },
      },
      undefined,
    ],
    [
      'retention of more days than the oldest row has',
      { event_type: 'retention', object_type: 'project_logs', retention_days: 365 },
      undefined,
    ],
    ['retention of fewer', { event_type: 'retention', object_type: 'project_logs', retention_days: 30 }, [RULE]],
    ['retention of datasets', { event_type: 'retention', object_type: 'dataset', retention_days: 1 }, undefined],
    ['what waits for an assignment', { event_type: 'environment_update', action: alert.action }, undefined],
  ])('count or not: %s', async (_name, config, expected) => {
    await rule('alert', config);
    expect(await triggers()).toEqual(expected);
  });

  test('count for a container that is still to be made in their project', async () => {
    const { id } = await streams.make('source', 'dataset', source, 'golden');
    await streams.insert('source', [{ id: 'r0', dataset_id: id, created: '2020-01-01T00:00:00.000Z' }]);
    await rule('alert', { event_type: 'retention', object_type: 'dataset', retention_days: 30 });
    expect(blocks(await orgs.migration().plan())).toEqual(['dataset_rows."Support bot".golden (active_rules)']);
  });

  test('block when they cannot be listed', async () => {
    orgs.emulator.faults.add({
      match: { method: 'GET', path: '/v1/project_automation', org: 'Acme Prod' },
      action: { type: 'status', status: 403 },
    });
    expect(blocks(await orgs.migration('resources: { include: [logs] }').plan())).toEqual([
      'logs."Support bot" (list_failed)',
    ]);
  });

  test('of the source are made after the rows', async () => {
    await streams.make('source', 'project_score', source, 'tone', online);
    await streams.make('source', 'project_automation', source, 'alert', { config: alert });
    const plan = await orgs.migration().plan();
    for (const address of [RULE, 'project_score."Support bot".tone']) {
      expect(action(plan, `create:${address}`).depends_on).toContain('copy:logs."Support bot"');
    }
    const narrowed = await orgs.migration().plan({ excludes: [parsePattern('logs."Support bot"')] });
    expect(pending(narrowed)).toContain(`create:${RULE}`);
  });
});
