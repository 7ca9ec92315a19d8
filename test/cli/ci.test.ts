import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { TOOL_VERSION } from '../../src/domain/tool-version.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';

let cli: CliFixture;
beforeEach(() => {
  cli = cliFixture();
});
afterEach(() => cli.remove());

const read = (path: string): string => readFileSync(join(cli.folder, path), 'utf8');

describe('ci init', () => {
  test('writes workflows for GitHub with this version, read keys for the pull request, and one lock for the state', async () => {
    const { code, stdout } = await cli.run(['ci', 'init', 'github']);
    expect(code).toBe(0);
    expect(stdout).toContain('Wrote .github/workflows/bt-migrate-plan.yml.');
    const [plan, apply, drift] = ['plan', 'apply', 'drift'].map((job) =>
      read(`.github/workflows/bt-migrate-${job}.yml`),
    );
    for (const text of [plan, apply, drift]) {
      const workflow = parse(text ?? '');
      expect(workflow.env.BT_MIGRATE_VERSION).toBe(TOOL_VERSION);
      for (const url of ['BT_SOURCE_URL', 'BT_DEST_URL']) expect(text).toContain(`${url}: \${{ vars.${url} }}`);
    }
    for (const text of [plan, drift]) {
      const named = [...(text ?? '').matchAll(/secrets\.(\w+)/g)].map(([, name]) => name);
      expect(new Set(named)).toEqual(new Set(['BT_SOURCE_READ_KEY', 'BT_DEST_READ_KEY']));
    }
    expect(apply).toContain('--expect-digest');
    expect(parse(apply ?? '').concurrency).toBe(parse(drift ?? '').concurrency);
  });

  test('twice changes nothing; over a changed file it writes nothing at all', async () => {
    await cli.run(['ci', 'init', 'gitlab']);
    expect(await cli.run(['ci', 'init', 'gitlab'])).toMatchObject({ code: 0 });
    mkdirSync(join(cli.folder, '.github/workflows'), { recursive: true });
    writeFileSync(join(cli.folder, '.github/workflows/bt-migrate-drift.yml'), 'name: ours\n');
    const refused = await cli.run(['ci', 'init', 'github']);
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain('bt-migrate-drift.yml is there already');
    expect(existsSync(join(cli.folder, '.github/workflows/bt-migrate-plan.yml'))).toBe(false);
  });

  test('for something else names what there is', async () => {
    const refused = await cli.run(['ci', 'init', 'jenkins']);
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain('Allowed: github, gitlab.');
  });
});

describe('in a GitHub Actions job', () => {
  const job = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: 'summary.md' };

  test('a wrong spec is marked at its line', async () => {
    cli.write('migration.yaml', 'version: 1\nprojcts: {}\npolicy: { on_conflict: overwrite }\n');
    const { code, stderr } = await cli.run(['validate', '--offline'], { env: job });
    expect(code).toBe(7);
    const marks = stderr.split('\n').filter((line) => line.startsWith('::error '));
    expect(marks).toHaveLength(2);
    expect(marks[0]).toMatch(/^::error file=migration\.yaml,line=2,col=1,title=BTM_SPEC_INVALID::/);
    expect(marks[1]).toContain('line=3,');
  });

  test('an error without a place is one mark that text from outside cannot end', async () => {
    const { stderr } = await cli.run(['show', 'no\n::warning::such%file'], { env: job });
    const marks = stderr.split('\n').filter((line) => line.startsWith('::'));
    expect(marks).toHaveLength(1);
    expect(marks[0]).toContain('%25file');
  });

  test('the plan stands on the page of the job, in a fence that no prompt can end', async () => {
    const emulator: Emulator = await startEmulator({ seed: 'demo' });
    const [source, destination] = emulator.orgs;
    const env = {
      ...job,
      BT_SOURCE_URL: emulator.url,
      BT_DEST_URL: emulator.url,
      BT_SOURCE_API_KEY: source?.key,
      BT_DEST_API_KEY: destination?.key,
    };
    try {
      await fetch(`${emulator.url}/v1/project`, {
        method: 'POST',
        headers: { authorization: `Bearer ${source?.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Fences ````` and more' }),
      });
      cli.write('migration.yaml', 'version: 1\n');
      expect((await cli.run(['plan', '--json'], { env })).code).toBe(0);
      const { code, stdout } = await cli.run(['plan'], { env });
      expect(code).toBe(0);
      const summary = read('summary.md');
      const last = summary.slice(summary.lastIndexOf('### bt-migrate plan'));
      expect(last).toContain(stdout.trimEnd());
      expect(last.split('\n').filter((line) => line.startsWith('``````'))).toEqual(['``````text', '``````']);
    } finally {
      await emulator.close();
    }
  });
});

test('outside of one nothing is marked or summarized', async () => {
  cli.write('migration.yaml', 'projcts: {}\n');
  const { stderr } = await cli.run(['validate', '--offline']);
  expect(stderr).not.toContain('::error');
});
