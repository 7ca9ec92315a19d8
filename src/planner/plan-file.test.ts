import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { plannedAction, planOf } from '../../test/support/plan-fixture.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { sha256 } from '../domain/fingerprint.ts';
import { canonicalJson, JsonNumber, type JsonObject } from '../domain/json.ts';
import { parseJson } from '../domain/parse-json.ts';
import type { Plan } from '../domain/plan.ts';
import { planDigest } from '../domain/plan-digest.ts';
import { readPlanFile, sealPlan, serializePlan, writePlanFile } from './plan-file.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bt-migrate-plan-'));
  file = join(folder, 'plan.out');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const triage = plannedAction({
  op: 'update',
  address: 'prompt."Support bot".triage',
  reason: 'source_changed',
  after: {
    name: 'Triage 🎫',
    prompt_data: { temperature: new JsonNumber('1.0'), seed: new JsonNumber('9007199254740993') },
  },
  changes: [{ path: 'prompt_data.temperature', before: 0.5, after: new JsonNumber('1.0') }],
});
const plan = planOf([
  triage,
  plannedAction({
    op: 'blocked',
    address: 'function."Support bot".legacy',
    reason: 'code_bundle_not_migratable',
    accepted: { reason: 'pushed again', expires: '2027-01-31' },
  }),
]);

async function failureOf(work: Promise<unknown>): Promise<BtMigrateError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof BtMigrateError) return error;
  throw new Error('expected a BtMigrateError', { cause: error });
}

async function readText(text: string): Promise<Plan> {
  await writeFile(file, text);
  return readPlanFile(file);
}

test('a plan that was written is read back with every number spelled as it was', async () => {
  await writePlanFile(file, plan);
  const read = await readPlanFile(file);
  expect(serializePlan(read)).toBe(serializePlan(plan));
  expect(await readFile(file, 'utf8')).toBe(serializePlan(plan));
  expect(serializePlan(read)).toContain('"seed": 9007199254740993,\n');
  expect(serializePlan(read)).toContain('"temperature": 1.0\n');
});

test('the digest is the sha256 of the canonical JSON without the member digest', () => {
  const { digest, ...rest } = plan;
  expect(digest).toBe(sha256(canonicalJson(rest as unknown as JsonObject)));
  expect(planDigest({})).toBe(sha256('{}'));
  expect(planDigest({ digest: 'x', b: [], a: [1, { c: [] }] })).toBe(sha256('{"a":[1,{"c":[]}],"b":[]}'));
});

test('the order in which members were set changes neither bytes nor digest', () => {
  const shuffled = Object.fromEntries(Object.entries(plan).reverse()) as unknown as Plan;
  expect(serializePlan(shuffled)).toBe(serializePlan(plan));
  expect(sealPlan(shuffled).digest).toBe(plan.digest);
});

test('a plan file is private, replaces the one before it and leaves nothing beside it', async () => {
  await writeFile(file, 'something older', { mode: 0o644 });
  await writePlanFile(file, plan);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['plan.out']);
});

test('a plan that cannot be written says where, and leaves nothing behind', async () => {
  const error = await failureOf(writePlanFile(join(folder, 'missing', 'plan.out'), plan));
  expect(error.code).toBe('BTM_USAGE');
  expect(error.detail).toContain(join('missing', 'plan.out'));
  const asFolder = await failureOf(writePlanFile(folder, plan));
  expect(asFolder.code).toBe('BTM_USAGE');
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  ['a file that is not there', undefined, 'There is no file'],
  ['an empty file', '', 'It is empty'],
  ['a file that was cut off', serializePlan(plan).slice(0, -40), 'cut off'],
  ['JSON that is no object', '[1]', 'not a plan'],
  ['JSON of something else', '{"name":"acme"}', 'no format_version'],
  ['a plan without a digest', '{"format_version":"1.0"}', 'no digest'],
  ['an edited plan', serializePlan(plan).replace('Triage', 'Triag3'), 'edited or damaged'],
])('%s is refused with what to do', async (_what, text, says) => {
  if (text !== undefined) await writeFile(file, text);
  const error = await failureOf(readPlanFile(file));
  expect(error.code).toBe('BTM_PLAN_UNREADABLE');
  expect(error.exitCode).toBe(7);
  expect(error.detail).toContain(says);
  expect(error.detail).toContain(file);
  expect(error.hint).toContain('bt-migrate plan -o plan.out');
});

test('a folder, and bytes that are not UTF-8, are refused', async () => {
  expect((await failureOf(readPlanFile(folder))).detail).toContain('It is a folder');
  await writeFile(file, Buffer.from([0x7b, 0xff, 0x7d]));
  expect((await failureOf(readPlanFile(file))).detail).toContain('not UTF-8');
});

test.each(['2.0', '0.9', '10.1', 1])(
  'format version %j is refused as another format, before its digest is looked at',
  async (version) => {
    const error = await failureOf(
      readText(JSON.stringify({ format_version: version, tool_version: '9.9.9', digest: 'x' })),
    );
    expect(error.code).toBe('BTM_PLAN_VERSION');
    expect(error.exitCode).toBe(7);
    expect(error.detail).toContain('9.9.9');
  },
);

test('a later minor version is read, and what it added is kept under the same digest', async () => {
  const later = sealPlan({ ...plan, format_version: '1.7', added_later: { note: 'kept' } } as Plan);
  const read = await readText(serializePlan(later));
  expect(serializePlan(read)).toBe(serializePlan(later));
});

test('white space that an editor or git changed does not matter', async () => {
  const read = await readText(`\uFEFF${serializePlan(plan).replaceAll('\n', '\r\n')}`);
  expect(read.digest).toBe(plan.digest);
});

test.each([
  ['an unknown reason', { ...triage, reason: 'because' }, 'actions.0.reason'],
  ['a reason of another operation', { ...triage, reason: 'rows_pending' }, 'actions.0.reason'],
  ['an unknown operation', { ...triage, op: 'explode', id: 'explode:x' }, 'actions.0.op'],
  ['fields that are a list', { ...triage, after: [] }, 'actions.0.after'],
  ['an id that is not op:address', { ...triage, id: 'update:other' }, 'not named after what it does'],
  ['an address that cannot be read', { ...triage, address: 'nonsense', id: 'update:nonsense' }, 'address'],
  ['a dependency that is not there', { ...triage, depends_on: ['create:project.X'] }, '"create:project.X"'],
])('a plan with %s is refused although its digest is right', async (_what, action, says) => {
  const forged = sealPlan({ ...plan, actions: [action] } as unknown as Plan);
  const error = await failureOf(readText(serializePlan(forged)));
  expect(error.code).toBe('BTM_PLAN_UNREADABLE');
  expect(error.detail).toContain(says);
});

test('the same action twice is refused', async () => {
  const error = await failureOf(readText(serializePlan(planOf([triage, triage]))));
  expect(error.detail).toContain('there twice');
});

test('no flipped bit and no cut is ever accepted as another plan', async () => {
  // Without the last newline, which nothing depends on.
  const bytes = Buffer.from(serializePlan(plan).trimEnd(), 'utf8');
  const position = fc.integer({ min: 0, max: bytes.length * 8 - 1 });
  await fc.assert(
    fc.asyncProperty(position, fc.boolean(), async (bit, cut) => {
      const damaged = Buffer.from(cut ? bytes.subarray(0, bit >> 3) : bytes);
      if (!cut) damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await writeFile(file, damaged);
      const error = await failureOf(readPlanFile(file));
      expect(['BTM_PLAN_UNREADABLE', 'BTM_PLAN_VERSION']).toContain(error.code);
    }),
    { numRuns: 400 },
  );
});

test('whatever a field holds survives the file', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), fc.string({ unit: 'binary' }), async (value, key) => {
      const after = parseJson(JSON.stringify({ [key]: value })) as JsonObject;
      const made = planOf([{ ...triage, after, changes: [{ path: key, after: value as string }] }]);
      await writePlanFile(file, made);
      expect(serializePlan(await readPlanFile(file))).toBe(serializePlan(made));
    }),
    { numRuns: 100 },
  );
});
