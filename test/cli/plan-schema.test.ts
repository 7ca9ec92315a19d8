import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { OPERATIONS, PLAN_FORMAT_VERSION, type Plan } from '../../src/domain/plan.ts';
import { serializePlan } from '../../src/planner/plan-file.ts';
import { acmePlan } from '../support/acme-plan.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { schemaFindings } from '../support/plan-json-schema.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const schema = JSON.parse(read('schema/plan.json'));

let cli: CliFixture;
let emulator: Emulator;
let env: Record<string, string>;
beforeEach(async () => {
  cli = cliFixture();
  emulator = await startEmulator({ seed: 'demo' });
  const [source, destination] = emulator.orgs;
  env = {
    BT_SOURCE_URL: emulator.url,
    BT_DEST_URL: emulator.url,
    BT_SOURCE_API_KEY: source?.key ?? '',
    BT_DEST_API_KEY: destination?.key ?? '',
    OPENAI: 'sk-not-a-real-key',
  };
});
afterEach(async () => {
  cli.remove();
  await emulator.close();
});

/** Plans with what the text adds to the spec, and gives back what `show --format json` prints. */
async function planned(spec: string, ...show: string[]): Promise<Plan> {
  cli.write('migration.yaml', `version: 1\n${spec}`);
  await cli.run(['plan', '-o', 'plan.out'], { env });
  const { code, stdout, stderr } = await cli.run(['show', 'plan.out', '--format', 'json', ...show], { env });
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Plan;
}

test('plans of every sort fit the published schema, whole and without content', async () => {
  const secrets = `secrets: { ai_secret.OPENAI_API_KEY: "\${OPENAI}" }\n`;
  const expired = 'accept: [{ at: prompt.*.*, reason: known, expires: 2020-01-31 }]\n';
  const first = await planned(`${secrets}${expired}`);
  expect(first.notices).not.toHaveLength(0);
  const plans: Plan[] = [first, await planned(secrets, '--redact', 'content')];
  await cli.run(['apply', 'plan.out'], { env });
  plans.push(await planned(secrets), await planned(`${secrets}resources: { include: [prompts] }\n`));
  plans.push(JSON.parse(serializePlan(acmePlan)) as Plan);
  for (const plan of plans) expect(schemaFindings(schema, plan)).toEqual([]);
  const ops = new Set(plans.flatMap(({ actions }) => actions.map(({ op }) => op)));
  expect([...ops].sort()).toEqual([...OPERATIONS].sort());
});

test('what is no plan does not fit it', () => {
  const plan = JSON.parse(serializePlan(acmePlan)) as Plan;
  const broken: readonly [string, unknown][] = [
    ['$: digest is missing', { ...plan, digest: undefined }],
    ['$.as_of: does not match', { ...plan, as_of: 'today' }],
    ['$.state.serial: out of range', { ...plan, state: { lineage: null, serial: -1 } }],
    ['$.actions[0]: does not fit exactly one form', { ...plan, actions: [{ ...plan.actions[0], reason: 'because' }] }],
    ['$.source.kind: not "braintrust"', { ...plan, source: { ...plan.source, kind: 'archive' } }],
  ];
  for (const [finding, document] of broken) {
    const found = schemaFindings(schema, JSON.parse(JSON.stringify(document)));
    expect(
      found.some((text) => text.startsWith(finding)),
      `${finding} in ${JSON.stringify(found)}`,
    ).toBe(true);
  }
});

test('the manual tells the version of the format and what a reader may rely on', () => {
  const manual = read('docs/plan-format.md');
  expect(manual).toContain(`now \`${PLAN_FORMAT_VERSION}\``);
  expect(schema.title).toContain(`format ${PLAN_FORMAT_VERSION.split('.')[0]}`);
  for (const member of Object.keys(schema.properties)) expect(manual).toMatch(new RegExp(`\`${member}(\\[\\])?\``));
});
