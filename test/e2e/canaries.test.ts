import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { type AcmeFolder, AcmeProcess } from '../support/acme-process.ts';
import { type Canary, canariesIn, canariesInFiles, commandLineOf, filesIn } from '../support/canaries.ts';

/** No shape that could be recognized as a key: only whoever knows them can hide them. */
const SOURCE_KEY = 'Nachtigall7731sourceKey';
const DESTINATION_KEY = 'Nachtigall7732destinationKey';
const WRONG_KEY = 'Nachtigall7733rejectedKey';
const AI_SECRET = 'Nachtigall7734aiSecret';
const ENV_VALUE = 'Nachtigall7735envValue';
const HOOK = 'https://hooks.acme.example/T024/B7/Nachtigall7736hook?token=Nachtigall7737hookToken';
const SOURCE_AI = 'Nachtigall7738aiSecretAtTheSource';
const SOURCE_ENV = 'Nachtigall7739envValueAtTheSource';
const CANARIES: readonly Canary[] = [
  { what: 'the key of the source', text: SOURCE_KEY },
  { what: 'the key of the destination', text: DESTINATION_KEY },
  { what: 'a key that is rejected', text: WRONG_KEY },
  { what: 'an AI secret', text: AI_SECRET },
  { what: 'the value of an environment variable', text: ENV_VALUE },
  { what: 'the address of a webhook', text: 'Nachtigall7736hook' },
  { what: 'the token of a webhook', text: 'Nachtigall7737hookToken' },
  { what: 'an AI secret of the source', text: SOURCE_AI },
  { what: 'the value of an environment variable of the source', text: SOURCE_ENV },
];
const EMAIL = 'nachtigall@acme.example';
const ORGS = [`Acme Dev=${SOURCE_KEY}`, `Acme Prod=${DESTINATION_KEY}`];
const SPEC = `secrets:
  ai_secret.OPENAI: "\${PROD_OPENAI}"
  'env_var.project."Support bot".ORDER_TOKEN': "\${PROD_ORDER_TOKEN}"
policy: { activate: after_streams, active_rules: warn }
`;
const ENV = { PROD_OPENAI: AI_SECRET, PROD_ORDER_TOKEN: ENV_VALUE };
/** What the step before the report wrote. */
const RUN_EVENTS = 'events-15.ndjson';
const STATE = 'bt-migrate.state.db';

let acme: AcmeProcess;
/** Stands for the id of a prompt that is only there by then. */
const PROMPT_ID = 'ID';
beforeAll(async () => {
  acme = await AcmeProcess.start(ORGS);
  for (const org of [acme.source, acme.destination]) {
    await org.object('PATCH', '/v1/organization/members', { invite_users: { emails: [EMAIL] } });
  }
  const { id: project_id } = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  const [person] = await acme.source.list(`/v1/user?email=${EMAIL}`);
  await acme.source.object('POST', '/v1/prompt', { project_id, name: 'triage', slug: 'triage' });
  await acme.source.object('POST', '/v1/ai_secret', { name: 'OPENAI', type: 'openai', secret: SOURCE_AI });
  const variable = { object_type: 'project', object_id: project_id, name: 'ORDER_TOKEN', value: SOURCE_ENV };
  await acme.source.object('POST', '/v1/env_var', variable);
  await acme.source.object('POST', '/v1/project_automation', {
    project_id,
    name: 'alert',
    config: {
      event_type: 'logs',
      btql_filter: 'error IS NOT NULL',
      interval_seconds: 300,
      action: { type: 'webhook', url: HOOK },
    },
  });
  const grant = { object_type: 'project', object_id: project_id, user_id: person?.id, permission: 'read' };
  await acme.source.object('POST', '/v1/acl', grant);
  const photo = { key: 'photo', filename: 'photo.png', content_type: 'image/png' };
  const { signedUrl } = await acme.source.object('POST', '/attachment', photo);
  await fetch(String(signedUrl), { method: 'PUT', body: 'pixels' });
  await acme.source.object('POST', '/attachment/status', { key: 'photo', status: { upload_status: 'done' } });
  const rows = ['good', 'poison', 'pictured'].map((id) => ({
    id,
    project_id,
    log_id: 'g',
    input: id === 'pictured' ? { type: 'braintrust_attachment', ...photo } : 'Where is my order?',
  }));
  await acme.source.object('POST', '/logs3', { rows, api_version: 2 });
});
afterEach(() => acme.clearFaults());
afterAll(() => acme.stop());

/** A step of the story: one command of the real binary. */
interface Step {
  readonly argv: readonly string[];
  readonly code: number;
  /** What is broken meanwhile. */
  readonly given?: () => Promise<unknown>;
  readonly env?: Readonly<Record<string, string>>;
}

/** A service that repeats, in its error, whatever it was sent and who sent it. */
function repeats(status: number, ...sent: readonly string[]) {
  const message = `You sent ${[...sent, EMAIL].join(', ')}`;
  return { type: 'status', status, body: { message } } as const;
}

const write = (path: string, more: object = {}) => ({ method: 'POST', org: 'Acme Prod', path, ...more });

async function everyReadFails(status: number): Promise<void> {
  await acme.fault({ match: { path: '/v1/project', org: 'Acme Dev' }, action: repeats(status, SOURCE_KEY) });
  await acme.fault({ match: { path: '/v1/project', org: 'Acme Prod' }, action: repeats(status, DESTINATION_KEY) });
}

async function everyWriteFails(): Promise<void> {
  await acme.fault({ match: write('/v1/ai_secret'), action: repeats(400, AI_SECRET, DESTINATION_KEY) });
  await acme.fault({ match: write('/v1/env_var'), action: repeats(400, ENV_VALUE, DESTINATION_KEY) });
  await acme.fault({ match: write('/v1/project_automation'), action: repeats(400, HOOK, `Bearer ${DESTINATION_KEY}`) });
  await acme.fault({ match: write('/v1/acl'), action: repeats(400, DESTINATION_KEY) });
  await acme.fault({ match: write('/logs3*', { bodyIncludes: 'poison' }), action: repeats(400, DESTINATION_KEY) });
  await acme.fault({ match: { method: 'GET', path: '/object-store/*' }, action: repeats(403) });
}

/** In this order: what a command needs, an earlier one has made. Every command has to be here. */
function story(folder: AcmeFolder): readonly Step[] {
  return [
    { argv: ['init', '-f', 'other.yaml'], code: 0 },
    { argv: ['ci init', 'github'], code: 0 },
    { argv: ['completion', 'bash'], code: 0 },
    { argv: ['validate', '--probe-write'], code: 0 },
    { argv: ['validate'], code: 6, env: { BT_SOURCE_API_KEY: WRONG_KEY } },
    { argv: ['plan', '--json'], code: 6, env: { BT_DEST_API_KEY: WRONG_KEY } },
    { argv: ['plan'], code: 6, given: () => everyReadFails(403) },
    { argv: ['plan'], code: 8, given: () => everyReadFails(503) },
    { argv: ['plan', '-o', 'plan.out', '--json-into', 'plan.json'], code: 0 },
    { argv: ['show', 'plan.out'], code: 0 },
    { argv: ['show', 'plan.out', '--format', 'markdown'], code: 0 },
    { argv: ['graph', 'plan.out'], code: 0 },
    { argv: ['report', 'plan.out', '--html', 'plan.html'], code: 0 },
    {
      argv: ['apply', 'plan.out'],
      code: 7,
      env: { BT_DEST_URL: 'http://user:Nachtigall7732destinationKey@127.0.0.1:1' },
    },
    { argv: ['apply', 'plan.out', '--report', 'refused.json'], code: 3, given: everyWriteFails },
    { argv: ['apply', 'plan.out', '--report', 'run.json'], code: 3 },
    { argv: ['report', 'run.json', '--html', 'run.html', '--timeline', RUN_EVENTS], code: 0 },
    { argv: ['quarantine list', '--json'], code: 0 },
    { argv: ['quarantine retry'], code: 3, given: everyWriteFails },
    { argv: ['quarantine retry'], code: 0 },
    { argv: ['drift', '--rows'], code: 0 },
    { argv: ['compare'], code: 0 },
    { argv: ['verify', '--level', 'content', '--combined', 'combined.json'], code: 0 },
    { argv: ['state list', '--json'], code: 0 },
    { argv: ['state show', 'prompt."Support bot".triage'], code: 0 },
    { argv: ['state mv', 'prompt."Support bot".triage', 'prompt."Support bot".first'], code: 0 },
    { argv: ['state rm', 'prompt."Support bot".first', '--auto-approve'], code: 0 },
    { argv: ['import', 'prompt."Support bot".triage', PROMPT_ID], code: 0 },
    { argv: ['import', 'prompt."Support bot".triage', 'no-such-id'], code: 7 },
    { argv: ['state check'], code: 0 },
    { argv: ['state export', '-o', 'state.json'], code: 0 },
    { argv: ['state import', 'state.json', '--state', 'other.db'], code: 0 },
    { argv: ['state unlock'], code: 0 },
    { argv: ['import-checkpoints', 'checkpoints/20260301_101500', '--state', 'taken-over.db'], code: 7 },
    { argv: ['emulator', '--seed', 'no/such/folder'], code: 7 },
    { argv: ['demo', '--dir', join(folder.files.folder, 'demo')], code: 0 },
  ];
}

test('every command of the binary is in the story', () => {
  const told = new Set(story(acme.folder()).map(({ argv }) => argv[0]));
  expect(commands.map(({ name }) => name).filter((name) => !told.has(name))).toEqual([]);
});

test('no command writes a secret anywhere, and what it writes only its owner can read', async () => {
  const folder = acme.folder(SPEC);
  const dir = folder.files.folder;
  const run = join(dir, 'checkpoints/20260301_101500');
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, 'migration_report.json'), '{}');
  const surprises: string[] = [];
  let outputs = '';
  for (const [number, { argv, code, given, env }] of story(folder).entries()) {
    const id = argv[0] === 'import' ? await findPrompt() : '';
    const words = [...(argv[0] ?? '').split(' '), ...argv.slice(1).map((word) => (word === PROMPT_ID ? id : word))];
    await given?.();
    // The events are the same in the file and, as JSON, on stderr; where a server says more, both forms are looked at.
    for (const format of given === undefined ? ['text'] : ['json', 'text']) {
      const logs = ['--log-level', 'debug', '--log-format', format, '--events', `events-${number}.ndjson`];
      const [finished, commandLine] = await commandLineOf(folder.start([...words, ...logs], { ...ENV, ...env }));
      const { stdout, stderr } = finished;
      const told = `${words.join(' ')}: ${stderr}${stdout}`;
      if (finished.code !== code) surprises.push(`${finished.code} instead of ${code}: ${told.slice(-2000)}`);
      if (canariesIn(stdout + stderr, CANARIES).length > 0) surprises.push(`printed by ${told}`);
      if (canariesIn(commandLine, CANARIES).length > 0) surprises.push(`in the process list: ${commandLine}`);
      // Logs are kept; what a plan shows to the person who asked is not a log.
      if (words[0] !== 'plan' && words[0] !== 'show' && stderr.includes(EMAIL)) surprises.push(`an e-mail in ${told}`);
      outputs += stdout + stderr;
    }
    await acme.clearFaults();
  }
  const signatures = await usedSignatures();
  expect(signatures.length).toBeGreaterThan(2);
  surprises.push(...canariesIn(outputs, signatures).map((what) => `${what} was printed`));
  surprises.push(...canariesInFiles(dir, [...CANARIES, ...signatures]));
  const mailed = canariesInFiles(dir, [{ what: EMAIL, text: EMAIL }]);
  surprises.push(...mailed.filter((found) => !namesPeople(found)));
  const open = filesIn(dir).filter((name) => (statSync(join(dir, name)).mode & 0o077) !== 0);
  surprises.push(...open.filter((name) => !isForOthers(name)).map((name) => `others can read ${name}`));
  expect(surprises).toEqual([]);
}, 1_200_000);

test('while it writes, neither the state nor what lies beside it holds a secret', async () => {
  await emptyDestination();
  const folder = acme.folder(SPEC);
  const hold = await acme.fault({ match: write('/logs3*'), times: 1, action: { type: 'hold', when: 'after' } });
  const running = folder.start(['apply', '--auto-approve', '--log-level', 'debug', '--events', 'events'], ENV);
  await acme.held(hold);
  expect(filesIn(folder.files.folder)).toContain(`${STATE}-wal`);
  const canaries = [...CANARIES, { what: EMAIL, text: EMAIL }];
  expect(canariesInFiles(folder.files.folder, canaries)).toEqual([]);
  for (const name of filesIn(folder.files.folder).filter((one) => one.startsWith(STATE))) {
    expect(statSync(join(folder.files.folder, name)).mode & 0o777, name).toBe(0o600);
  }
  await acme.abandon(hold);
  expect((await running.finished).code).toBe(0);
});

/** What a person asked for that is about objects by their addresses: a grant's address holds whom it is for. */
function namesPeople(name: string): boolean {
  return /^plan\.|^combined\.|^demo\//.test(name);
}

/** Files that a repository or a reader is given; they hold no content of ours to protect. */
function isForOthers(name: string): boolean {
  return /^(migration|other)\.yaml$|^\.github\/|^checkpoints\/|^demo\//.test(name);
}

async function emptyDestination(): Promise<void> {
  for (const path of ['project', 'ai_secret']) {
    for (const { id } of await acme.destination.list(`/v1/${path}`)) {
      await acme.destination.object('DELETE', `/v1/${path}/${id}`);
    }
  }
}

async function findPrompt(): Promise<string> {
  const [prompt] = await acme.destination.list('/v1/prompt?slug=triage');
  return prompt?.id ?? '';
}

/** The signatures of all signed addresses that were used. */
async function usedSignatures(): Promise<readonly Canary[]> {
  const queries = (await acme.requests()).map(({ query }) => new URLSearchParams(query).get('signature'));
  return [...new Set(queries)].flatMap((text) => (text === null ? [] : [{ what: 'a signed address', text }]));
}
