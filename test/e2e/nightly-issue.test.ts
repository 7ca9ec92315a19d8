import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AcmeProcess } from '../support/acme-process.ts';
import { WorkflowRunner } from '../support/workflow-runner.ts';

/** Milliseconds: every job starts a shell and several processes, on a machine that does much else. */
const MOST_TIME = 300_000;
/** Bytes; an issue takes as many characters, and no character is shorter than a byte. */
const LONGEST_ISSUE = 65_536;

let acme: AcmeProcess;
let runner: WorkflowRunner;

beforeEach(async () => {
  acme = await AcmeProcess.start();
  runner = new WorkflowRunner({
    BT_SOURCE_URL: acme.url,
    BT_DEST_URL: acme.url,
    BT_SOURCE_API_KEY: acme.keys[0],
    BT_DEST_API_KEY: acme.keys[1],
  });
  const { id } = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  await acme.source.object('POST', '/v1/prompt', { project_id: id, name: 'Triage', slug: 'triage' });
  await runner.commitSpec('main', 'version: 1\nresources: { include: [projects, prompts] }\n');
  const job = await runner.job('main');
  await job.applyByHand();
  expect((await job.run('apply', ['Save the state'])).code).toBe(0);
});
afterEach(async () => {
  runner.remove();
  await acme.stop();
});

interface Night {
  /** What the job ended with, which is what the step that looks for drift ended with. */
  readonly code: number | null;
  readonly told: boolean;
}

async function nightly(): Promise<Night> {
  const job = await runner.job('main');
  const { code, steps } = await job.run('drift', ['Fetch the state', 'Drift', 'Tell in one issue']);
  const tell = steps['Tell in one issue'];
  if (tell !== undefined) expect(`${tell.code} ${tell.stderr}`).toBe('0 ');
  return { code, told: tell !== undefined };
}

/** What GitHub was told so far: every line an issue or a comment. */
const told = (): string => (existsSync(join(runner.hub, 'told')) ? readHub('told').toString() : '');
const readHub = (name: string): Buffer => readFileSync(join(runner.hub, name));

async function describeByHand(description: string): Promise<void> {
  const [copied] = await acme.destination.list('/v1/prompt');
  await acme.destination.object('PATCH', `/v1/prompt/${copied?.id}`, { description });
}

/** The text of an issue, after everything that GitHub would make more of than text was looked for. */
function harmless(bytes: Buffer): string {
  expect(bytes.length).toBeLessThan(LONGEST_ISSUE);
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  expect(text).not.toMatch(/[\r\u2028\u2029\u202e]/);
  const [opening, blank, ...found] = text.trimEnd().split('\n');
  expect(opening).toBe('The nightly check of https://github.example/acme/migration/actions/runs/11 found:');
  expect(blank).toBe('');
  const isCut = found.at(-1)?.startsWith('The rest ');
  const code = isCut ? found.slice(0, -2) : found;
  expect(code.filter((line) => !line.startsWith('    '))).toEqual([]);
  expect(code.length).toBeGreaterThan(0);
  return text;
}

describe('the issue of the nightly check', () => {
  test(
    'is made by the first drift and commented on by the next, and a quiet night tells nobody',
    async () => {
      expect(await nightly()).toEqual({ code: 0, told: false });
      await describeByHand('By hand');
      expect(await nightly()).toEqual({ code: 2, told: true });
      expect(harmless(readHub('issue.md'))).toContain('      description: only in the destination: "By hand"\n');
      expect(told()).toBe('issue\n');
      await describeByHand('By hand again');
      expect(await nightly()).toEqual({ code: 2, told: true });
      expect(harmless(readHub('issue-comment.md'))).toContain('"By hand again"');
      expect(told()).toBe('issue\ncomment\n');
    },
    MOST_TIME,
  );

  const DENIED = { error: 'No.\n\n@acme/admins <b>look</b>\r::warning::such' };

  test.each([
    { code: 6, path: '/v1/prompt', status: 403, error: 'BTM_PERMISSION_DENIED' },
    { code: 8, path: '/v1/project', status: 503, error: 'BTM_SERVER_FAILED' },
  ])(
    'says why something could not be read when drift ends with $code',
    async ({ code, path, status, error }) => {
      await acme.fault({ match: { path, org: 'Acme Prod' }, action: { type: 'status', status, body: DENIED } });
      expect(await nightly()).toEqual({ code, told: true });
      const text = harmless(readHub('issue.md'));
      expect(text).toContain(`(${error})\n`);
      expect(text).toContain(`GET ${path} at the destination`);
      expect(text).toContain('@acme/admins <b>look</b>');
      expect(text).not.toContain('::error');
      expect(told()).toBe('issue\n');
    },
    MOST_TIME,
  );

  test(
    'is nothing but code, whatever objects are called and however much there is to say',
    async () => {
      const names = [
        '```\n@acme/admins',
        '`@everyone` <img src=x onerror=alert(1)>',
        '\r\n# Approved\r\n',
        '</pre>-->\u2028\u202e',
      ];
      for (const name of names) await acme.source.object('POST', '/v1/project', { name });
      // Every length of a line is there, so that a cut at any byte would hit the middle of some characters.
      const lines = Array.from({ length: 190 }, (_, line) => `${'x'.repeat(line % 3)}${'€😀'.repeat(100)}`);
      await describeByHand(['```', '@acme/admins', '<b>', ...lines].join('\n'));
      expect(await nightly()).toEqual({ code: 2, told: true });
      const text = harmless(readHub('issue.md'));
      expect(text).toContain('@acme/admins');
      expect(text).toMatch(/\n\nThe rest stands on the page of that run\.\n$/);
      expect(Buffer.byteLength(text)).toBeGreaterThan(59_000);
    },
    MOST_TIME,
  );
});
