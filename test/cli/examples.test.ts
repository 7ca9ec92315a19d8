import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import type { Spec } from '../../src/domain/spec.ts';
import { loadSpec } from '../../src/spec/load-spec.ts';
import { specJsonSchema } from '../../src/spec/spec-json-schema.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { exampleSpec, exampleSpecInFull } from '../support/example-spec.ts';

let cli: CliFixture;
let emulator: Emulator;
beforeEach(async () => {
  cli = cliFixture();
  emulator = await startEmulator({ seed: 'demo' });
});
afterEach(async () => {
  cli.remove();
  await emulator.close();
});

function environment(): Record<string, string> {
  const [source, destination] = emulator.orgs;
  return {
    BT_SOURCE_URL: emulator.url,
    BT_DEST_URL: emulator.url,
    BT_SOURCE_API_KEY: source?.key ?? '',
    BT_DEST_API_KEY: destination?.key ?? '',
    PROD_OPENAI_API_KEY: 'sk-not-a-real-key',
  };
}

const load = (text: string): Spec => loadSpec({ path: '/acme/migration.yaml', text, env: {} });

/** `projects.include` and the like, of a JSON Schema. */
function settingsOf(schema: Record<string, unknown>, path = ''): string[] {
  const properties = (schema.properties ?? {}) as Record<string, Record<string, unknown>>;
  return Object.entries(properties).flatMap(([name, inner]) => {
    const inside = settingsOf(inner, `${path}${name}.`);
    return inside.length > 0 ? inside : [`${path}${name}`];
  });
}

test('the example means the same as an empty file: it shows nothing but defaults', () => {
  expect(load(exampleSpec).digest).toBe(load('').digest);
  expect({ ...load(exampleSpec), places: undefined }).toEqual({ ...load(''), places: undefined });
});

test('the example shows every setting there is', () => {
  const shown = parse(exampleSpecInFull) as Record<string, unknown>;
  const missing = settingsOf(JSON.parse(specJsonSchema())).filter((path) => {
    let at: unknown = shown;
    for (const name of path.split('.')) at = (at as Record<string, unknown> | null | undefined)?.[name];
    return at === undefined;
  });
  expect(missing).toEqual(['$schema']);
});

test('the example is planned as it stands', async () => {
  cli.write('migration.yaml', exampleSpec);
  const { code, stdout } = await cli.run(['plan'], { env: environment() });
  expect(code).toBe(0);
  expect(stdout).toContain(' + create  prompt."Support bot".triage');
});

test('so are the settings in its comments, and each has its effect', async () => {
  // The addresses in it are somebody else's.
  cli.write('migration.yaml', exampleSpecInFull.replace(/^ {2}url: .*$/gm, ''));
  const { code, stdout, stderr } = await cli.run(['plan'], { env: environment() });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('name: "Support bot (prod)"');
  expect(stdout).toContain('secret: (set from $PROD_OPENAI_API_KEY at apply)');
  expect(stdout).toContain('url: "https://trace.acme.example/{{id}}"');
  expect(stdout).not.toContain('create  acl.');
});
