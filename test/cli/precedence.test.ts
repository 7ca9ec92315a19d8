// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the spelling of a variable in a spec.
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSqliteState } from '../../src/state/open-sqlite-state.ts';
import { type AcmeWorkspace, openAcmeWorkspace } from '../support/acme-workspace.ts';

const STATE = 'bt-migrate.state.db';
const SPEC = [
  'version: 1',
  'projects: { include: [Support bot] }',
  'resources: { include: [projects, prompts, ai_secrets] }',
  "secrets: { ai_secret.OPENAI_API_KEY: '${PROD_OPENAI}' }",
];

/** What an apply meets; every defect adds one thing that is wrong. */
interface Trial {
  readonly acme: AcmeWorkspace;
  readonly argv: string[];
  readonly env: Record<string, string>;
  readonly spec: string[];
  /** Runs after everything else is in place. */
  readonly last: (() => Promise<void> | void)[];
}

interface Defect {
  readonly name: string;
  readonly code: number;
  readonly inflict: (trial: Trial) => Promise<void> | void;
}

const limited = { type: 'status', status: 429, retryAfter: 0.001 } as const;

/** Everything that can stand against an apply before its first write, in the documented order of what is told first. */
const DEFECTS: readonly Defect[] = [
  { code: 7, name: 'the plan cannot be read', inflict: ({ acme }) => void acme.cli.write('plan.out', '{}') },
  { code: 7, name: 'the spec is not valid', inflict: ({ spec }) => void spec.push('projcts: {}') },
  { code: 7, name: 'a flag is unknown', inflict: ({ argv }) => void argv.push('--fast') },
  {
    code: 7,
    name: 'the report has no folder',
    inflict: ({ argv }) => void argv.push('--report', 'no/such/report.json'),
  },
  {
    code: 7,
    name: 'the keys are of one organization',
    inflict: ({ env }) => void Object.assign(env, { BT_DEST_API_KEY: env.BT_SOURCE_API_KEY }),
  },
  {
    code: 5,
    name: 'the state is damaged',
    inflict: ({ acme, last }) => void last.push(() => void acme.cli.write(STATE, 'not a state '.repeat(100))),
  },
  {
    code: 5,
    name: 'the state is missing',
    inflict: ({ argv, spec }) => {
      argv.push('--state', 'other.db');
      spec.push('state: { must_exist: true }');
    },
  },
  { code: 5, name: 'the state is locked', inflict: ({ acme, last }) => void last.push(() => lock(acme)) },
  { code: 6, name: 'a key is missing', inflict: ({ env }) => void Object.assign(env, { BT_DEST_API_KEY: '' }) },
  {
    code: 6,
    name: 'a key is rejected',
    inflict: ({ env }) => void Object.assign(env, { BT_SOURCE_API_KEY: 'sk-old' }),
  },
  { code: 6, name: 'a secret has no value', inflict: ({ env }) => void Object.assign(env, { PROD_OPENAI: '' }) },
  {
    code: 6,
    name: 'the projects of the source may not be listed',
    inflict: ({ acme }) => {
      const match = { path: '/v1/project', org: 'Acme Dev' };
      acme.emulator.faults.add({ match, action: { type: 'status', status: 403 } });
    },
  },
  {
    code: 6,
    name: 'one kind may not be listed',
    inflict: ({ acme }) => {
      const match = { path: '/v1/ai_secret', org: 'Acme Prod' };
      acme.emulator.faults.add({ match, action: { type: 'status', status: 403 } });
    },
  },
  {
    code: 8,
    name: 'nothing listens at the destination',
    inflict: async ({ env }) => void Object.assign(env, { BT_DEST_URL: await deadUrl() }),
  },
  {
    code: 8,
    name: 'the projects of the destination are limited for good',
    inflict: ({ acme }) => {
      acme.emulator.faults.add({ match: { path: '/v1/project', org: 'Acme Prod' }, action: limited });
    },
  },
  {
    code: 4,
    name: 'another plan was approved',
    inflict: ({ argv }) => void argv.push('--expect-digest', `sha256:${'0'.repeat(64)}`),
  },
  { code: 4, name: 'the spec has changed', inflict: ({ spec }) => void spec.push('policy: { on_conflict: skip }') },
  {
    code: 4,
    name: 'the source has moved',
    inflict: async ({ acme }) => {
      const [prompt] = await acme.source.list('/v1/prompt');
      await acme.source.object('PATCH', `/v1/prompt/${prompt?.id}`, { description: 'Sorts' });
    },
  },
  {
    code: 4,
    name: 'the keys are of other organizations',
    inflict: ({ env }) => {
      const { BT_SOURCE_API_KEY: mine = '', BT_DEST_API_KEY: theirs = '' } = env;
      Object.assign(env, { BT_SOURCE_API_KEY: theirs, BT_DEST_API_KEY: mine });
    },
  },
  { code: 4, name: 'the state is of another migration', inflict: ({ acme }) => applyElsewhere(acme) },
];

/** Defects that cannot meet, because the one puts away what the other is about. */
const EXCLUSIVE: readonly (readonly [string, string])[] = [
  ['a key is missing', 'the keys are of one organization'],
  ['a key is rejected', 'the keys are of one organization'],
  ['the keys are of other organizations', 'the keys are of one organization'],
  // Nobody can tell whose a key is that does not work or at a server that does not answer.
  ['nothing listens at the destination', 'the keys are of one organization'],
  ['a key is missing', 'the keys are of other organizations'],
  // An organization that is another one, or that does not answer, is not asked for more.
  ['nothing listens at the destination', 'the projects of the source may not be listed'],
  ['nothing listens at the destination', 'one kind may not be listed'],
  ['the projects of the destination are limited for good', 'one kind may not be listed'],
  ['the keys are of other organizations', 'one kind may not be listed'],
  // The one is a state of another migration itself; a state that is there is not missing.
  ['the state is missing', 'the state is of another migration'],
  ['the state is locked', 'the state is of another migration'],
];

const PAIRS = DEFECTS.flatMap((winner, at) =>
  DEFECTS.slice(at + 1)
    .filter((loser) => loser.code !== winner.code)
    .filter((loser) => !EXCLUSIVE.some((pair) => pair.includes(winner.name) && pair.includes(loser.name)))
    .map((loser) => ({ code: winner.code, winner, loser })),
);

describe.concurrent('apply, before its first write', () => {
  test.each(DEFECTS)('ends with $code when $name', ({ code, ...defect }) => expectCode(code, [{ code, ...defect }]));

  test.each(PAIRS)('ends with $code when $winner.name, although $loser.name too', ({ code, winner, loser }) =>
    expectCode(code, [loser, winner]),
  );
});

const USAGE: readonly (readonly string[])[] = [
  ['--as-of', 'tomorrow'],
  ['--target', 'prompt."Support'],
  ['-o', 'no/such/plan.out'],
  ['--json-into', '.'],
];
const OTHER = DEFECTS.filter(({ name }) =>
  ['the state is damaged', 'a key is missing', 'a key is rejected'].includes(name),
);

describe.concurrent('plan', () => {
  test.each(USAGE.flatMap((flag) => OTHER.map((other) => ({ flag, other }))))(
    'ends with 7 for $flag, although $other.name too',
    ({ flag, other }) => expectCode(7, [other, replaceCommand('plan', ...flag)]),
  );

  test.each([
    ['the state is damaged', 'a key is missing', 5],
    ['a key is missing', 'nothing listens at the destination', 6],
    ['a key is rejected', 'nothing listens at the destination', 6],
    ['the projects of the source may not be listed', 'the projects of the destination are limited for good', 6],
  ])('when %s and %s, ends with %i', (one, other, code) => {
    const defects = DEFECTS.filter(({ name }) => name === one || name === other);
    return expectCode(code, [replaceCommand('plan'), ...defects]);
  });
});

/** Runs another command than apply. */
function replaceCommand(...argv: string[]): Defect {
  return { name: argv.join(' '), code: 0, inflict: (trial) => void trial.argv.splice(0, trial.argv.length, ...argv) };
}

async function expectCode(code: number, defects: readonly Defect[]): Promise<void> {
  const acme = await openAcmeWorkspace();
  try {
    const trial = await readyToApply(acme);
    for (const { inflict } of defects) await inflict(trial);
    acme.cli.write('migration.yaml', `${trial.spec.join('\n')}\n`);
    for (const step of trial.last) await step();
    acme.emulator.requests.clear();
    const { code: found, stdout } = await acme.cli.run([...trial.argv, '--json'], { env: trial.env });
    const { error, exit_code } = JSON.parse(stdout);
    expect([found, exit_code, error?.detail]).toEqual([code, code, expect.any(String)]);
    const writes = acme.emulator.requests
      .all()
      .filter(({ method, path }) => method !== 'GET' && path.startsWith('/v1/'));
    expect(writes).toEqual([]);
  } finally {
    await acme.close();
  }
}

/** A source with a prompt and a secret, and a plan of both; alone, the apply would succeed. */
async function readyToApply(acme: AcmeWorkspace): Promise<Trial> {
  const project = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  await acme.source.object('POST', '/v1/prompt', { project_id: project.id, name: 'Triage', slug: 'triage' });
  await acme.source.object('POST', '/v1/ai_secret', { name: 'OPENAI_API_KEY', type: 'openai', secret: 'sk-dev' });
  const { url, orgs } = acme.emulator;
  const env = {
    BT_SOURCE_URL: url,
    BT_DEST_URL: url,
    BT_SOURCE_API_KEY: orgs[0]?.key ?? '',
    BT_DEST_API_KEY: orgs[1]?.key ?? '',
    PROD_OPENAI: 'sk-prod',
  };
  acme.cli.write('migration.yaml', `${SPEC.join('\n')}\n`);
  const { code, stderr } = await acme.cli.run(['plan', '-o', 'plan.out'], { env });
  if (code !== 0) throw new Error(stderr);
  return { acme, argv: ['apply', 'plan.out'], env, spec: [...SPEC], last: [] };
}

/** Applies another plan into the state that this one was made without. */
async function applyElsewhere(acme: AcmeWorkspace): Promise<void> {
  await acme.source.object('POST', '/v1/project', { name: 'Scratch' });
  acme.cli.write('scratch.yaml', 'version: 1\nprojects: { include: [Scratch] }\nresources: { include: [projects] }\n');
  const { code, stderr } = await acme.run(['apply', '--auto-approve', '-f', 'scratch.yaml', '--state', STATE]);
  if (code !== 0) throw new Error(stderr);
}

/** Leaves a lock of a machine that nothing has been heard of only just now. */
async function lock(acme: AcmeWorkspace): Promise<void> {
  const store = await openSqliteState({
    path: join(acme.cli.folder, STATE),
    mode: 'write',
    mustExist: false,
  });
  await store.acquireLease({ host: 'build-7', pid: 4711, bootId: 'boot-1', jobUrl: null }, 0);
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
