import { createServer } from 'node:net';
import type { AcmeStage } from '../support/acme-stage.ts';

const STATE = 'bt-migrate.state.db';

export interface ExitCodeRow {
  readonly code: number;
  readonly what: string;
  readonly argv: readonly string[];
  /** What happens before; may return variables for the run. */
  readonly given?: (stage: AcmeStage) => Promise<Readonly<Record<string, string>> | undefined>;
  /** The error that is told; none when the code is a result. */
  readonly error?: string;
}

export const editPrompt = async ({ acme }: AcmeStage) => {
  const [prompt] = await acme.source.list('/v1/prompt?slug=triage');
  await acme.source.object('PATCH', `/v1/prompt/${prompt?.id}`, { description: 'Sorts' });
  return undefined;
};
const planned = async ({ folder }: AcmeStage) => {
  await folder.ok('plan', '-o', 'plan.out');
  return undefined;
};
const applied = async ({ folder }: AcmeStage) => {
  await folder.ok('apply', '--auto-approve');
  return undefined;
};
const inConflict = async ({ acme }: AcmeStage) => {
  const { id } = await acme.destination.object('POST', '/v1/project', { name: 'Support bot' });
  const theirs = { project_id: id, name: 'triage', slug: 'triage', description: 'theirs' };
  await acme.destination.object('POST', '/v1/prompt', theirs);
  return undefined;
};
export const garbageState = async ({ folder }: AcmeStage) => {
  folder.files.write(STATE, 'not a database '.repeat(100));
  return undefined;
};

/** Every code that a command without a signal can end with (contract section 2). */
export const EXIT_CODE_ROWS: readonly ExitCodeRow[] = [
  { code: 0, what: 'changes are planned and nobody asks for a code', argv: ['plan'] },
  { code: 0, what: 'there is nothing to do', argv: ['plan', '--detailed-exitcode'], given: applied },
  { code: 0, what: 'nothing has drifted', argv: ['drift'], given: applied },
  {
    code: 0,
    what: 'all that has drifted is what the source has deleted and nothing will delete here',
    argv: ['drift'],
    given: async (stage) => {
      await applied(stage);
      const [prompt] = await stage.acme.source.list('/v1/prompt?slug=triage');
      await stage.acme.source.object('DELETE', `/v1/prompt/${prompt?.id}`);
      return undefined;
    },
  },
  { code: 0, what: 'both organizations are equal', argv: ['compare'], given: applied },
  { code: 0, what: 'a plan is applied', argv: ['apply', 'plan.out'], given: planned },
  {
    code: 0,
    what: 'a plan was applied before',
    argv: ['apply', 'plan.out'],
    given: async (stage) => {
      const { folder } = stage;
      await planned(stage);
      await folder.ok('apply', 'plan.out');
      return undefined;
    },
  },
  {
    code: 0,
    what: 'all that is left is blocked, also with --detailed-exitcode',
    argv: ['plan', '--detailed-exitcode'],
    given: async (stage) => {
      const { acme } = stage;
      await applied(stage);
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
    given: async (stage) => {
      await applied(stage);
      return editPrompt(stage);
    },
  },
  { code: 2, what: 'the organizations differ', argv: ['compare'] },
  {
    code: 3,
    what: 'something is blocked and not accepted',
    argv: ['apply', '--auto-approve'],
    given: inConflict,
  },
  {
    code: 3,
    what: 'all of a plan was applied before, except what is blocked and not accepted',
    argv: ['apply', 'plan.out'],
    given: async (stage) => {
      await inConflict(stage);
      await planned(stage);
      const { code } = await stage.folder.run(['apply', 'plan.out']);
      if (code !== 3) throw new Error(`The first apply ended with ${code}.`);
      return undefined;
    },
  },
  {
    code: 3,
    what: 'the server refuses one object',
    argv: ['apply', '--auto-approve'],
    given: async ({ acme }) => {
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
    given: async (stage) => {
      await planned(stage);
      return editPrompt(stage);
    },
    error: 'BTM_PLAN_STALE',
  },
  {
    code: 4,
    what: 'the keys belong to other organizations than the plan',
    argv: ['apply', 'plan.out'],
    given: async (stage) => {
      const { acme } = stage;
      await planned(stage);
      return { BT_SOURCE_API_KEY: acme.keys[1], BT_DEST_API_KEY: acme.keys[0] };
    },
    error: 'BTM_WRONG_ORG',
  },
  { code: 5, what: 'the state cannot be read', argv: ['plan'], given: garbageState, error: 'BTM_STATE_UNREADABLE' },
  {
    code: 5,
    what: 'the state is missing though the spec requires it',
    argv: ['apply', '--auto-approve'],
    given: async ({ folder }) => {
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
    given: async ({ acme }) => {
      await acme.fault({ match: { path: '/v1/project', org: 'Acme Prod' }, action: { type: 'status', status: 403 } });
      return undefined;
    },
    error: 'BTM_PERMISSION_DENIED',
  },
  {
    code: 6,
    what: 'drift cannot read everything, which beats what has drifted',
    argv: ['drift'],
    given: async (stage) => {
      const { acme } = stage;
      await applied(stage);
      await editPrompt(stage);
      await acme.fault({ match: { path: '/v1/prompt', org: 'Acme Prod' }, action: { type: 'status', status: 403 } });
      return undefined;
    },
    error: 'BTM_PERMISSION_DENIED',
  },
  {
    code: 6,
    what: 'compare cannot read everything, which beats what differs',
    argv: ['compare'],
    given: async ({ acme }) => {
      await acme.fault({ match: { path: '/v1/prompt', org: 'Acme Dev' }, action: { type: 'status', status: 403 } });
      return undefined;
    },
    error: 'BTM_PERMISSION_DENIED',
  },
  { code: 7, what: 'a flag is unknown', argv: ['plan', '--fast'], error: 'BTM_USAGE' },
  {
    code: 7,
    what: 'the spec is not valid',
    argv: ['plan'],
    given: async ({ folder }) => {
      folder.files.write('migration.yaml', 'projcts: {}\n');
      return undefined;
    },
    error: 'BTM_SPEC_INVALID',
  },
  {
    code: 7,
    what: 'the spec names a project that does not exist',
    argv: ['plan'],
    given: async ({ folder }) => {
      folder.files.write('migration.yaml', 'projects: { include: [Suport bot] }\n');
      return undefined;
    },
    error: 'BTM_UNKNOWN_PROJECT',
  },
  {
    code: 7,
    what: 'the plan was edited',
    argv: ['apply', 'plan.out'],
    given: async (stage) => {
      const { folder } = stage;
      await planned(stage);
      folder.files.write('plan.out', folder.read('plan.out').replace('"triage"', '"praise"'));
      return undefined;
    },
    error: 'BTM_PLAN_UNREADABLE',
  },
  {
    code: 7,
    what: 'the plan has a foreign format version',
    argv: ['apply', 'plan.out'],
    given: async (stage) => {
      const { folder } = stage;
      await planned(stage);
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
    given: async ({ acme }) => {
      const limit = { type: 'status', status: 429, retryAfter: 0.01 } as const;
      await acme.fault({ match: { path: '/v1/project' }, action: limit });
      return undefined;
    },
    error: 'BTM_RATE_LIMITED',
  },
];

/** Address of a port on which nothing listens. */
async function deadUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('A port was expected.');
  return `http://127.0.0.1:${address.port}`;
}
