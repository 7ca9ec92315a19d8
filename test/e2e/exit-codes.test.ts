import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AcmeFolder, AcmeProcess } from '../support/acme-process.ts';

const SPEC = 'resources: { include: [projects, prompts] }\n';
const STATE = 'bt-migrate.state.db';
const QUESTION = 'Only "yes" is accepted';
const SLUGS = ['answer', 'refund', 'triage'];

let acme: AcmeProcess;
let folder: AcmeFolder;
beforeEach(async () => {
  acme = await AcmeProcess.start();
  folder = acme.folder(SPEC);
  const project = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  for (const slug of SLUGS) {
    await acme.source.object('POST', '/v1/prompt', { project_id: project.id, name: slug, slug });
  }
});
afterEach(() => acme.stop());

interface Row {
  readonly code: number;
  readonly what: string;
  readonly argv: readonly string[];
  /** What happens before; may return variables for the run. */
  readonly given?: () => Promise<Readonly<Record<string, string>> | undefined>;
  /** The error that is told; none when the code is a result. */
  readonly error?: string;
}

const editPrompt = async () => {
  const [prompt] = await acme.source.list('/v1/prompt?slug=triage');
  await acme.source.object('PATCH', `/v1/prompt/${prompt?.id}`, { description: 'Sorts' });
  return undefined;
};
const planned = async () => {
  await folder.ok('plan', '-o', 'plan.out');
  return undefined;
};
const applied = async () => {
  await folder.ok('apply', '--auto-approve');
  return undefined;
};
const garbageState = async () => {
  folder.files.write(STATE, 'not a database '.repeat(100));
  return undefined;
};

/** Every code that a command without a signal can end with (contract section 2). */
const ROWS: readonly Row[] = [
  { code: 0, what: 'changes are planned and nobody asks for a code', argv: ['plan'] },
  { code: 0, what: 'there is nothing to do', argv: ['plan', '--detailed-exitcode'], given: applied },
  { code: 0, what: 'nothing has drifted', argv: ['drift'], given: applied },
  { code: 0, what: 'a plan is applied', argv: ['apply', 'plan.out'], given: planned },
  {
    code: 0,
    what: 'a plan was applied before',
    argv: ['apply', 'plan.out'],
    given: async () => {
      await planned();
      await folder.ok('apply', 'plan.out');
      return undefined;
    },
  },
  {
    code: 0,
    what: 'all that is left is blocked, also with --detailed-exitcode',
    argv: ['plan', '--detailed-exitcode'],
    given: async () => {
      await applied();
      const [project] = await acme.source.list('/v1/project');
      const home = (await acme.destination.list('/v1/project'))[0];
      const mine = { project_id: project?.id, name: 'praise', slug: 'praise', description: 'ours' };
      await acme.source.object('POST', '/v1/prompt', mine);
      await acme.destination.object('POST', '/v1/prompt', { ...mine, project_id: home?.id, description: 'theirs' });
      return undefined;
    },
  },
  {
    code: 1,
    what: 'a file cannot be written',
    argv: ['state', 'export', '-o', 'no/such/folder/state.json'],
    given: applied,
    error: 'BTM_FAILED',
  },
  { code: 2, what: 'changes are pending', argv: ['plan', '--detailed-exitcode'] },
  {
    code: 2,
    what: 'something has drifted',
    argv: ['drift'],
    given: async () => {
      await applied();
      return editPrompt();
    },
  },
  {
    code: 3,
    what: 'something is blocked and not accepted',
    argv: ['apply', '--auto-approve'],
    given: async () => {
      const { id } = await acme.destination.object('POST', '/v1/project', { name: 'Support bot' });
      const theirs = { project_id: id, name: 'triage', slug: 'triage', description: 'theirs' };
      await acme.destination.object('POST', '/v1/prompt', theirs);
      return undefined;
    },
  },
  {
    code: 3,
    what: 'the server refuses one object',
    argv: ['apply', '--auto-approve'],
    given: async () => {
      const match = { method: 'POST', path: '/v1/prompt', org: 'Acme Prod', bodyIncludes: 'refund' };
      await acme.fault({ match, action: { type: 'status', status: 400 } });
      return undefined;
    },
  },
  {
    code: 4,
    what: 'the plan is not the approved one',
    argv: ['apply', 'plan.out', '--expect-digest', `sha256:${'0'.repeat(64)}`],
    given: planned,
    error: 'BTM_DIGEST_MISMATCH',
  },
  {
    code: 4,
    what: 'the source has moved since the plan',
    argv: ['apply', 'plan.out'],
    given: async () => {
      await planned();
      return editPrompt();
    },
    error: 'BTM_PLAN_STALE',
  },
  {
    code: 4,
    what: 'the keys belong to other organizations than the plan',
    argv: ['apply', 'plan.out'],
    given: async () => {
      await planned();
      return { BT_SOURCE_API_KEY: acme.keys[1], BT_DEST_API_KEY: acme.keys[0] };
    },
    error: 'BTM_WRONG_ORG',
  },
  { code: 5, what: 'the state cannot be read', argv: ['plan'], given: garbageState, error: 'BTM_STATE_UNREADABLE' },
  {
    code: 5,
    what: 'the state is missing though the spec requires it',
    argv: ['apply', '--auto-approve'],
    given: async () => {
      folder.files.write('migration.yaml', 'state: { must_exist: true }\n');
      return undefined;
    },
    error: 'BTM_STATE_MISSING',
  },
  {
    code: 6,
    what: 'a key is missing',
    argv: ['plan'],
    given: async () => ({ BT_DEST_API_KEY: '' }),
    error: 'BTM_CREDENTIALS_MISSING',
  },
  {
    code: 6,
    what: 'a key is rejected',
    argv: ['plan'],
    given: async () => ({ BT_SOURCE_API_KEY: 'sk-acme-old' }),
    error: 'BTM_CREDENTIALS_REJECTED',
  },
  {
    code: 6,
    what: 'the key may not list projects',
    argv: ['plan'],
    given: async () => {
      await acme.fault({ match: { path: '/v1/project', org: 'Acme Prod' }, action: { type: 'status', status: 403 } });
      return undefined;
    },
    error: 'BTM_PERMISSION_DENIED',
  },
  {
    code: 6,
    what: 'drift cannot read everything, which beats what has drifted',
    argv: ['drift'],
    given: async () => {
      await applied();
      await editPrompt();
      await acme.fault({ match: { path: '/v1/prompt', org: 'Acme Prod' }, action: { type: 'status', status: 403 } });
      return undefined;
    },
  },
  { code: 7, what: 'a flag is unknown', argv: ['plan', '--fast'], error: 'BTM_USAGE' },
  {
    code: 7,
    what: 'the spec is not valid',
    argv: ['plan'],
    given: async () => {
      folder.files.write('migration.yaml', 'projcts: {}\n');
      return undefined;
    },
    error: 'BTM_SPEC_INVALID',
  },
  {
    code: 7,
    what: 'the spec names a project that does not exist',
    argv: ['plan'],
    given: async () => {
      folder.files.write('migration.yaml', 'projects: { include: [Suport bot] }\n');
      return undefined;
    },
    error: 'BTM_UNKNOWN_PROJECT',
  },
  {
    code: 7,
    what: 'the plan was edited',
    argv: ['apply', 'plan.out'],
    given: async () => {
      await planned();
      folder.files.write('plan.out', folder.read('plan.out').replace('"triage"', '"praise"'));
      return undefined;
    },
    error: 'BTM_PLAN_UNREADABLE',
  },
  {
    code: 7,
    what: 'the plan has a foreign format version',
    argv: ['apply', 'plan.out'],
    given: async () => {
      await planned();
      folder.files.write('plan.out', folder.read('plan.out').replace('"format_version": "1.', '"format_version": "9.'));
      return undefined;
    },
    error: 'BTM_PLAN_VERSION',
  },
  { code: 7, what: 'nobody can be asked', argv: ['apply'], error: 'BTM_APPROVAL_NEEDED' },
  {
    code: 8,
    what: 'nothing listens there',
    argv: ['plan'],
    given: async () => ({ BT_DEST_URL: await deadUrl() }),
    error: 'BTM_UNREACHABLE',
  },
  {
    code: 8,
    what: 'the rate limit outlasts the retries',
    argv: ['plan'],
    given: async () => {
      const limit = { type: 'status', status: 429, retryAfter: 0.01 } as const;
      await acme.fault({ match: { path: '/v1/project' }, action: limit });
      return undefined;
    },
    error: 'BTM_RATE_LIMITED',
  },
];

describe('the built binary', () => {
  test.each(ROWS)('ends with $code when $what', async ({ code, argv, given, error }) => {
    const env = await given?.();
    await acme.clearRequests();
    const finished = await folder.run([...argv, '--json'], env);
    expect([finished.code, finished.stderr]).toEqual([code, expect.any(String)]);
    // One document and nothing else on stdout; a plan is its own document, the same as its file.
    const document = JSON.parse(finished.stdout);
    if (argv[0] !== 'plan' || error !== undefined) {
      expect(document).toMatchObject({
        format_version: '1.0',
        command: argv.join(' ').match(/^state export|^\w+/)?.[0],
      });
      expect(document.exit_code).toBe(code);
    }
    expect(document.error?.code).toBe(error);
    expect(finished.stderr.includes('Error: ')).toBe(error !== undefined);
    expect(finished.stderr).not.toMatch(/\n\s+at |sk-acme/);
    if (![0, 3].includes(code)) expect(await acme.writes()).toEqual([]);
  });

  test.each([
    [6, 403, 'BTM_PERMISSION_DENIED'],
    [8, 500, 'BTM_SERVER_FAILED'],
  ])('ends with %i when every write is answered with %i', async (code, status, error) => {
    await acme.fault({
      match: { method: 'POST', path: '/v1/*', org: 'Acme Prod' },
      action: { type: 'status', status },
    });
    const finished = await folder.run(['apply', '--auto-approve', '--json']);
    const project = { id: 'create:project."Support bot"', status: 'failed' };
    expect(JSON.parse(finished.stdout)).toMatchObject({ exit_code: code, error: { code: error } });
    expect(JSON.parse(finished.stdout).actions).toContainEqual(expect.objectContaining(project));
    expect([finished.code, await acme.destination.list('/v1/project')]).toEqual([code, []]);
  });

  test('ends with 5 while another run holds the state, and the lock says who', async () => {
    await folder.ok('plan', '-o', 'plan.out');
    const hold = await acme.fault({
      match: { method: 'POST', org: 'Acme Prod', path: '/v1/project' },
      action: { type: 'hold' },
    });
    const running = folder.start(['apply', 'plan.out']);
    await acme.held(hold);
    for (const argv of [
      ['apply', 'plan.out'],
      ['state', 'mv', 'project.A', 'project.B'],
      ['state', 'unlock'],
    ]) {
      const refused = await folder.run(argv);
      expect(refused.code).toBe(5);
      expect(refused.stderr).toContain(`process ${running.process.pid} on `);
    }
    expect((await folder.run(['state', 'list'])).code).toBe(0);
    await acme.release(hold);
    expect((await running.finished).code).toBe(0);
  });

  test.skipIf(process.platform !== 'linux')('ends with 1 when the person answers no, and writes nothing', async () => {
    const binary = fileURLToPath(new URL('../../bin/bt-migrate.js', import.meta.url));
    const command = `'${process.execPath}' '${binary}' apply`;
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: folder.files.folder,
      env: { ...folder.env, PATH: process.env.PATH ?? '' },
    });
    let shown = '';
    terminal.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const asked = shown.includes(QUESTION);
      shown += chunk;
      if (!asked && shown.includes(QUESTION)) terminal.stdin.write('no\n');
    });
    const code = await new Promise((resolve) => terminal.on('close', resolve));
    expect(shown).toContain('BTM_DECLINED');
    expect(code).toBe(1);
    expect(await acme.writes()).toEqual([]);
    expect(folder.has(STATE)).toBe(false);
  });

  test('tells the first of 7, 5, 6, 8 and 4 that is wrong', async () => {
    await folder.ok('plan', '-o', 'plan.out');
    await editPrompt();
    const limit = { type: 'status', status: 429, retryAfter: 0.01 } as const;
    expect((await folder.run(['apply', 'plan.out'])).code).toBe(4);
    await acme.fault({ match: { path: '/v1/*' }, action: limit });
    expect((await folder.run(['apply', 'plan.out'])).code).toBe(8);
    const noKey = { BT_SOURCE_API_KEY: '' };
    expect((await folder.run(['apply', 'plan.out'], noKey)).code).toBe(6);
    await garbageState();
    expect((await folder.run(['apply', 'plan.out'], noKey)).code).toBe(5);
    folder.files.write('plan.out', '{}');
    expect((await folder.run(['apply', 'plan.out'], noKey)).code).toBe(7);
  });
});

describe('plan', () => {
  test('prints with --json the very bytes that it saves, and creates no state', async () => {
    const { stdout } = await folder.ok('plan', '-o', 'plan.out', '--json-into', 'plan.json', '--json');
    expect(folder.read('plan.out')).toBe(stdout);
    expect(folder.read('plan.json')).toBe(stdout);
    expect((await folder.ok('plan', '--json')).stdout).toBe(stdout);
    expect(readdirSync(folder.files.folder).sort()).toEqual(['migration.yaml', 'plan.json', 'plan.out']);
  });
});

describe('apply', () => {
  test('keeps results on stdout and everything else on stderr', async () => {
    const quiet = await folder.ok('apply', '--auto-approve', '--log-format', 'json', '--log-level', 'debug');
    expect(quiet.stdout).toMatch(/^Applied: 4 created/m);
    const events = quiet.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect(events).toContain('run_finished');
    expect(events.filter((type) => type === 'action_finished')).toHaveLength(4);
  });

  test('that the server stops in the middle with a rejected key ends with 6 and is resumed', async () => {
    await folder.ok('plan', '-o', 'plan.out');
    const match = { method: 'POST', path: '/v1/prompt', org: 'Acme Prod' };
    await acme.fault({ match, after: 1, action: { type: 'status', status: 401 } });
    const ended = await folder.run(['apply', 'plan.out', '--parallelism', '1', '--json']);
    expect(ended.code).toBe(6);
    expect(JSON.parse(ended.stdout)).toMatchObject({ exit_code: 6, error: { code: 'BTM_CREDENTIALS_REJECTED' } });
    await acme.clearFaults();
    await expectResumed();
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends what is in flight on %s, keeps the state, and ends with %i', async (signal, code) => {
    const { running, hold } = await startHeld('before');
    running.process.kill(signal);
    await running.complains('stopping after the work in flight');
    await acme.release(hold);
    const ended = await running.finished;
    expect(ended.code).toBe(code);
    expect(JSON.parse(ended.stdout)).toMatchObject({ exit_code: code, summary: { created: 2, failed: 0 } });
    expect((await folder.ok('state', 'check')).stdout).toContain('no problems');
    expect((await folder.ok('state', 'unlock')).stdout).toContain('was not locked');
    expect(readdirSync(folder.files.folder).filter((name) => name.startsWith(STATE))).toEqual([STATE]);
    await expectResumed();
  });

  test.each([
    ['before', 'SIGINT', 130],
    ['after', 'SIGTERM', 143],
  ] as const)(
    'stops at once on a second signal, %s the effect of a request, and the same command finishes',
    async (when, signal, code) => {
      const { running, hold } = await startHeld(when);
      running.process.kill(signal);
      await running.complains('stopping after the work in flight');
      running.process.kill(signal);
      expect((await running.finished).code).toBe(code);
      await acme.release(hold);
      await acme.clearFaults();
      await expectResumed();
    },
  );

  test.each(['before', 'after'] as const)(
    'killed while a create is held %s its effect, run again, creates nothing twice',
    async (when) => {
      const { running, hold } = await startHeld(when);
      running.process.kill('SIGKILL');
      await running.finished;
      await acme.release(hold);
      await acme.clearFaults();
      await expectResumed();
    },
  );
});

/** Starts an apply of one worker and returns when its first prompt is held. */
async function startHeld(when: 'before' | 'after') {
  await folder.ok('plan', '-o', 'plan.out');
  // The server reads the body before it holds, so that the effect comes although the client is gone by then.
  const match = { method: 'POST', path: '/v1/prompt', org: 'Acme Prod', bodyIncludes: 'slug' };
  const hold = await acme.fault({ match, times: 1, action: { type: 'hold', when } });
  const running = folder.start(['apply', 'plan.out', '--parallelism', '1', '--json']);
  await acme.held(hold);
  return { running, hold };
}

/** The same command finishes what is left: every object is there once, in one version, and nothing is left to do. */
async function expectResumed(): Promise<void> {
  const { code, stdout, stderr } = await folder.run(['apply', 'plan.out', '--json']);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  expect(JSON.parse(stdout)).toMatchObject({ resumed: true, summary: { failed: 0 } });
  expect((await acme.destination.list('/v1/project')).map(({ name }) => name)).toEqual(['Support bot']);
  const prompts = await acme.destination.list('/v1/prompt');
  expect(prompts.map(({ slug }) => slug).sort()).toEqual(SLUGS);
  const sent = (await acme.writes()).filter((write) => write === 'POST /v1/prompt');
  expect(sent.length).toBe(SLUGS.length);
  await folder.ok('state', 'check');
  const { stdout: again } = await folder.ok('plan', '--json');
  expect(JSON.parse(again).actions.map(({ op }: { op: string }) => op)).toEqual(['skip', 'skip', 'skip', 'skip']);
}

/** Address of a port on which nothing listens. */
async function deadUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('A port was expected.');
  return `http://127.0.0.1:${address.port}`;
}
