import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { serializePlan } from '../../src/planner/plan-file.ts';
import { acmePlan } from '../support/acme-plan.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';

let cli: CliFixture;

beforeEach(() => {
  cli = cliFixture();
  cli.write('plan.out', serializePlan(acmePlan));
});

afterEach(() => {
  cli.remove();
});

function golden(name: string): string {
  return readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8');
}

test('show renders a plan as text, and without content', async () => {
  expect(await cli.run(['show', 'plan.out'])).toMatchObject({ code: 0, stdout: golden('plan.txt'), stderr: '' });
  const { stdout } = await cli.run(['show', 'plan.out', '--redact', 'content']);
  expect(stdout).toBe(golden('plan-redacted.txt'));
});

test('show --format json prints the bytes of the file', async () => {
  expect((await cli.run(['show', 'plan.out', '--format', 'json'])).stdout).toBe(serializePlan(acmePlan));
});

test('show --json is the plan with the members that every JSON document has', async () => {
  const { stdout } = await cli.run(['show', 'plan.out', '--json']);
  expect(JSON.parse(stdout)).toEqual({
    ...JSON.parse(serializePlan(acmePlan)),
    command: 'show',
    exit_code: 0,
    summary: expect.stringContaining('Plan: 8 to create'),
  });
});

test('show --redact content leaves no value in any format', async () => {
  for (const format of ['text', 'json', 'markdown']) {
    const { stdout } = await cli.run(['show', 'plan.out', '--format', format, '--redact', 'content']);
    expect(stdout).toContain('prompt_data.options.model');
    expect(stdout).toContain(acmePlan.digest);
    expect(stdout).not.toMatch(/gpt-4o|gpt-5|Answers customers|refund|password/);
  }
});

test('a copy without content is for reading only, and says so instead of "damaged"', async () => {
  const { stdout } = await cli.run(['show', 'plan.out', '--format', 'json', '--redact', 'content']);
  cli.write('copy.json', stdout);
  for (const command of ['show', 'apply']) {
    cli.write('migration.yaml', 'version: 1\n');
    const { code, stderr } = await cli.run([command, 'copy.json'], {
      env: { BT_SOURCE_API_KEY: 'a', BT_DEST_API_KEY: 'b' },
    });
    expect(code).toBe(7);
    expect(stderr).toContain(`is a copy of the plan ${acmePlan.digest} without its values`);
    expect(stderr).toContain('Use the plan file that it was made from');
    expect(stderr).not.toContain('damaged');
  }
});

test('show --show-skips names what is skipped', async () => {
  const skipped = ' = skip    prompt."Support bot".greeting: in sync\n';
  expect((await cli.run(['show', 'plan.out'])).stdout).not.toContain(skipped);
  expect((await cli.run(['show', 'plan.out', '--show-skips'])).stdout).toContain(skipped);
  expect((await cli.run(['show', 'plan.out', '--show-skips', '--format', 'markdown'])).code).toBe(7);
});

test('show --format markdown stays within --max-chars', async () => {
  expect((await cli.run(['show', 'plan.out', '--format', 'markdown'])).stdout).toBe(golden('plan.md'));
  const { stdout } = await cli.run(['show', 'plan.out', '--format', 'markdown', '--max-chars', '3000']);
  expect(stdout.length).toBeLessThanOrEqual(3000);
  expect(stdout).toContain('**Left out** to stay within 3,000 characters: ');
  expect((await cli.run(['show', 'plan.out', '--format', 'markdown', '--max-chars', '999'])).code).toBe(7);
});

test.each([
  ['a plan that is not there', ['show', 'missing.out'], 'BTM_PLAN_UNREADABLE'],
  ['an edited plan', ['show', 'edited.out'], 'BTM_PLAN_UNREADABLE'],
  ['a plan of another version', ['show', 'later.out'], 'BTM_PLAN_VERSION'],
  ['an unknown format', ['show', 'plan.out', '--format', 'yaml'], 'BTM_USAGE'],
  ['no plan', ['show'], 'BTM_USAGE'],
])('%s exits with 7 and says why', async (_what, argv, code) => {
  cli.write('edited.out', serializePlan(acmePlan).replace('gpt-5', 'gpt-6'));
  cli.write('later.out', serializePlan(acmePlan).replace('"format_version": "1.0"', '"format_version": "2.0"'));
  const { code: exitCode, stdout } = await cli.run([...argv, '--json']);
  expect(exitCode).toBe(7);
  expect(JSON.parse(stdout)).toMatchObject({ exit_code: 7, error: { code } });
});
