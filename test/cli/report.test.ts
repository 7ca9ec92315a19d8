import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator } from '../../emulator/start-emulator.ts';
import { planModel } from '../../src/cli/report/plan-model.ts';
import { renderPage } from '../../src/cli/report/render-page.ts';
import { runModel } from '../../src/cli/report/run-model.ts';
import { redactPlan } from '../../src/cli/views/redact-plan.ts';
import { prettyJson } from '../../src/domain/json.ts';
import type { ActionResult, ActionStatus, RunSummary } from '../../src/domain/run-summary.ts';
import { serializePlan } from '../../src/planner/plan-file.ts';
import { acmePlan } from '../support/acme-plan.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { hostilePlan, hostileText } from '../support/hostile-text.ts';
import { pageFindings } from '../support/page-check.ts';
import { plannedAction, planOf } from '../support/plan-fixture.ts';

let cli: CliFixture;
beforeEach(() => {
  cli = cliFixture();
});
afterEach(() => cli.remove());

const counts = {
  ...{ created: 1, updated: 0, linked: 0, deleted: 0, adopted: 0, skipped: 0, blocked: 1, failed: 1 },
  ...{ quarantined: 2, rows: 1200, bytes: 5_600_000 },
};
const failing: ActionResult = {
  id: 'create:prompt."Support bot".triage',
  op: 'create',
  address: 'prompt."Support bot".triage',
  reason: 'missing_in_destination',
  status: 'failed',
  error: {
    code: 'BTM_REQUEST_REJECTED',
    summary: 'The server rejected a request',
    detail: 'No such model.',
    hint: 'Add it.',
  },
};
const run: RunSummary = {
  run_id: '2026-03-02-4f1d',
  plan_digest: acmePlan.digest,
  already_applied: false,
  resumed: true,
  summary: counts,
  actions: [
    { ...failing, id: 'create:project."Support bot"', address: 'project."Support bot"', status: 'done' },
    failing,
    {
      id: 'create:acl.prompt."Support bot".triage."group:Team".read.-',
      op: 'create',
      address: 'acl.prompt."Support bot".triage."group:Team".read.-',
      reason: 'missing_in_destination',
      status: 'not_attempted',
      because_of: failing.id,
    },
    {
      ...failing,
      id: 'blocked:function.A.b',
      op: 'blocked',
      address: 'function.A.b',
      reason: 'conflict',
      status: 'blocked',
    },
  ].map(
    ({ error, ...action }): ActionResult =>
      (action.status === 'failed' ? { ...action, error } : action) as ActionResult,
  ),
  streams: [{ address: 'dataset_rows."Support bot".golden', rows: 1200, bytes: 5_600_000, quarantined: 2, kept: 3 }],
  row_notes: { lost: { audit_data: 7 }, unresolved: { function: 2 }, spilled: 1 },
  requests: { source: 41, destination: 1017 },
  duration_ms: 83_400,
};

/** The text of one section of a page, without markup. */
function section(page: string, id: string): string {
  const [, inside = ''] = page.split(`<section id="${id}">`);
  return (inside.split('</section>')[0] ?? '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replace(/\s+/g, ' ');
}

describe('the page of a plan', () => {
  test('tells what will happen, what is blocked and what to do, how kinds need one another, and every value', async () => {
    cli.write('plan.out', serializePlan(acmePlan));
    const { code, stdout } = await cli.run(['report', 'plan.out', '--html', 'plan.html']);
    expect([code, stdout]).toEqual([0, 'Wrote plan.html.\n']);
    const path = join(cli.folder, 'plan.html');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const page = readFileSync(path, 'utf8');
    expect(pageFindings(page)).toEqual([]);
    expect(page).toContain('Plan: 8 to create, 2 to update');
    expect(section(page, 'concerns')).toContain('What to do: Push it again into the destination');
    expect(section(page, 'concerns')).toContain('bt functions push --project "Support bot (prod)"');
    expect(section(page, 'kinds')).toContain('project_automation 2 create 2');
    expect(section(page, 'items')).toContain('set to function."Support bot".look-up-order');
    expect(section(page, 'items')).toContain('+ Be brief and kind.');
    expect(section(page, 'items')).toContain('Never promise a refund.');
    expect(section(page, 'streams')).toContain('dataset_rows."Support bot".golden 1,200 5.6 MB');
    const graph = page.split('<section id="graph">')[1]?.split('</section>')[0] ?? '';
    expect(graph.match(/<rect /g)).toHaveLength(4);
    expect(graph.match(/<path /g)).toHaveLength(2);
  });

  test('needs no network and lets nothing run but its own script', () => {
    const page = renderPage(planModel(acmePlan));
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; script-src 'sha256-[\w+/=]+';/);
    expect(policy).not.toContain('unsafe');
    expect(page).not.toMatch(/\b(src|href|url|srcset|action)\s*=/i);
  });

  test('holds no value of a plan that is redacted', async () => {
    cli.write('plan.out', serializePlan(acmePlan));
    await cli.run(['report', 'plan.out', '--html', 'plan.html', '--redact', 'content']);
    const page = readFileSync(join(cli.folder, 'plan.html'), 'utf8');
    expect(page).toContain('prompt_data.options.model');
    expect(page).not.toMatch(/gpt-4o|gpt-5|Answers customers|refund\.|password/);
  });

  test('draws a large plan by kind, lists what a browser can carry, and says how much is left out', () => {
    const actions = Array.from({ length: 6_000 }, (_, index) => {
      const project = `project.p${index % 3}`;
      if (index < 3) return plannedAction({ op: 'create', address: project, reason: 'missing_in_destination' });
      const address = `prompt.p${index % 3}.s${index}`;
      const depends_on = [`create:${project}`];
      return plannedAction({ op: 'create', address, reason: 'missing_in_destination', depends_on });
    });
    const page = renderPage(planModel(planOf(actions)));
    expect(pageFindings(page)).toEqual([]);
    expect(section(page, 'graph')).toContain('6,000 actions are too many to be drawn one by one');
    expect(section(page, 'graph')).toContain('prompt (5,997)');
    expect(page.match(/class="item /g)).toHaveLength(5_000);
    expect(section(page, 'items')).toContain('Left out here: 1,000 more.');
    expect(page.length).toBeLessThan(5_000_000);
  });
});

describe('the page of a run', () => {
  test('tells what failed and what it stopped, what was quarantined, and what to do about each', async () => {
    cli.write('run.json', prettyJson({ format_version: '1.0', exit_code: 3, ...run } as never));
    expect((await cli.run(['report', 'run.json', '--html', 'run.html'])).code).toBe(0);
    const page = readFileSync(join(cli.folder, 'run.html'), 'utf8');
    expect(pageFindings(page)).toEqual([]);
    const concerns = section(page, 'concerns');
    expect(concerns).toContain('Failed: The server rejected a request No such model. What to do: Add it.');
    expect(concerns).toMatch(/acl\.prompt\."Support bot"\.triage\."group:Team"\.read\.- not attempted because of it/);
    expect(concerns).toContain('dataset_rows."Support bot".golden 2 were set aside');
    expect(concerns).toContain('bt-migrate quarantine retry');
    expect(concerns).toContain('Blocked: exists already with other content (1)');
    expect(section(page, 'graph')).toContain('not attempted: create');
    expect(section(page, 'streams')).toContain('1,200 5.6 MB 2');
    expect(page).toContain('golden: 3 rows left as edited in the destination');
    expect(page).toContain('audit_data of 7 rows');
  });

  test('draws rows over time from the events of the run', async () => {
    cli.write('run.json', prettyJson({ format_version: '1.0', exit_code: 3, ...run } as never));
    const address = 'dataset_rows."Support bot".golden';
    const events = Array.from({ length: 12 }, (_, index) => ({
      time: new Date(Date.UTC(2026, 2, 2, 0, 0, index)).toISOString(),
      type: 'rows_copied',
      address,
      rows: 100,
      bytes: 466_667,
    }));
    const last = { time: '2026-03-02T00:00:12.000Z', type: 'copy_finished', address, rows: 1200, duration_ms: 12_000 };
    const lines = [...events, last].map((event) => JSON.stringify(event));
    // The process was killed while it wrote the last line.
    cli.write('events.ndjson', `${lines.join('\n')}\n{"time":"2026-0`);
    const argv = ['report', 'run.json', '--html', 'run.html', '--timeline', 'events.ndjson'];
    expect((await cli.run(argv)).code).toBe(0);
    const page = readFileSync(join(cli.folder, 'run.html'), 'utf8');
    expect(pageFindings(page)).toEqual([]);
    expect(section(page, 'streams')).toContain('1,200 rows, 5.6 MB in 12.0 s; at most 100 rows a second');
    expect(section(page, 'streams')).toContain('dataset_rows."Support bot".golden 1,200 5.6 MB 100 2');
    expect(page).toMatch(/<polyline class="curve" points="0\.0,/);
  });

  test('of a real run names everything that the run did, rows and their pace included', async () => {
    const emulator = await startEmulator({ seed: 'demo' });
    const [source, destination] = emulator.orgs;
    const env = {
      BT_SOURCE_URL: emulator.url,
      BT_DEST_URL: emulator.url,
      BT_SOURCE_API_KEY: source?.key ?? '',
      BT_DEST_API_KEY: destination?.key ?? '',
    };
    cli.write('migration.yaml', 'version: 1\n');
    const kept = ['--report', 'run.json', '--events', 'events.ndjson'];
    expect((await cli.run(['apply', '--auto-approve', ...kept], { env })).code).toBe(3);
    await emulator.close();
    const { code } = await cli.run(['report', 'run.json', '--html', 'run.html', '--timeline', 'events.ndjson']);
    expect(code).toBe(0);
    const page = readFileSync(join(cli.folder, 'run.html'), 'utf8');
    expect(pageFindings(page)).toEqual([]);
    const report = JSON.parse(readFileSync(join(cli.folder, 'run.json'), 'utf8')) as RunSummary;
    expect(report.summary.created).toBeGreaterThan(50);
    const items = section(page, 'items');
    for (const { address } of report.actions) expect(items).toContain(address);
    for (const { address } of report.streams) expect(section(page, 'streams')).toContain(address);
    expect(section(page, 'streams')).toContain('Rows a second');
    expect(page).not.toContain('@acme.example');
  });
});

const STATUSES: readonly ActionStatus[] = ['done', 'failed', 'not_attempted', 'blocked', 'unchanged'];
const hostileRun = fc
  .array(fc.record({ text: hostileText, other: hostileText, status: fc.constantFrom(...STATUSES) }), { maxLength: 6 })
  .map(
    (items): RunSummary => ({
      ...run,
      run_id: items[0]?.text ?? null,
      plan_digest: items[0]?.other ?? '',
      actions: items.map(({ text, other, status }, index) => ({
        ...failing,
        id: `${index}${text}`,
        address: text,
        reason: other as never,
        status,
        error: { code: text, summary: other, detail: `${text}\n${other}`, hint: text },
        ...(index > 0 ? { because_of: `0${items[0]?.text}` } : {}),
      })),
      streams: items.map(({ text }) => ({ address: text, rows: 1, bytes: 1, quarantined: 1, kept: 1 })),
      row_notes: { lost: { [items[0]?.text ?? '']: 1 }, unresolved: { [items[0]?.other ?? '']: 1 } },
      ended_by: { code: 'x', summary: items[0]?.text ?? '', detail: items[0]?.other ?? '' },
    }),
  );

test('hostile names and values are text and nothing else, in every place of the page', () => {
  fc.assert(
    fc.property(hostilePlan, fc.boolean(), (plan, redacted) => {
      expect(pageFindings(renderPage(planModel(redacted ? redactPlan(plan) : plan)))).toEqual([]);
    }),
    { numRuns: 150 },
  );
  fc.assert(
    fc.property(hostileRun, (hostile) => {
      expect(pageFindings(renderPage(runModel(hostile, undefined)))).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test.each([
  ['no page to write', ['report', 'plan.out'], 'report needs a file to write the page to: --html FILE.'],
  ['something else', ['report', 'other.json', '--html', 'x.html'], 'is not a plan file that can be used'],
  ['a report that lacks something', ['report', 'half.json', '--html', 'x.html'], 'is the report of a run, but not one'],
  [
    'events for a plan',
    ['report', 'plan.out', '--html', 'x', '--timeline', 'e'],
    '--timeline belongs to the report of a run',
  ],
  ['a run to redact', ['report', 'run.json', '--html', 'x', '--redact', 'content'], '--redact belongs to a plan'],
  [
    'events that are none',
    ['report', 'run.json', '--html', 'x', '--timeline', 'other.json'],
    'does not hold the events',
  ],
])('%s ends with 7 and says what is wrong', async (_what, argv, message) => {
  cli.write('plan.out', serializePlan(acmePlan));
  cli.write('other.json', '{"a":\n1}\n');
  cli.write('run.json', prettyJson({ format_version: '1.0', ...run } as never));
  cli.write('half.json', '{"plan_digest":"sha256:0"}');
  const { code, stderr } = await cli.run(argv);
  expect(code).toBe(7);
  expect(stderr).toContain(message);
});
