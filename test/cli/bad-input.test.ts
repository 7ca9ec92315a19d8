// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the spelling of a variable in a spec.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';

let emulator: Emulator;
let cli: CliFixture;

beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());
beforeEach(() => {
  cli = cliFixture();
  emulator.requests.clear();
});
afterEach(() => cli.remove());

function keys(): Record<string, string> {
  const [source, destination] = emulator.orgs;
  return {
    BT_SOURCE_URL: emulator.url,
    BT_DEST_URL: emulator.url,
    BT_SOURCE_API_KEY: source?.key ?? '',
    BT_DEST_API_KEY: destination?.key ?? '',
  };
}

/** A wrong input is told once, in words, with its code, in text and in JSON, and nothing is sent for it. */
async function expectRefusal(
  argv: readonly string[],
  env: Record<string, string>,
  code: number,
  words: readonly string[],
) {
  const text = await cli.run(argv, { env });
  expect(text.code).toBe(code);
  expect(text.stdout).toBe('');
  expect(text.stderr.match(/^Error: /gm)).toHaveLength(1);
  for (const word of words) expect(text.stderr).toContain(word);

  const json = await cli.run([...argv, '--json'], { env });
  expect(json.code).toBe(code);
  const document = JSON.parse(json.stdout);
  expect(document).toMatchObject({ format_version: '1.0', exit_code: code });
  expect(`${document.error.detail} ${document.error.code}`).toContain(words[0]);
  for (const output of [text.stderr, json.stdout, json.stderr]) {
    expect(output).not.toMatch(/\n\s+at |node_modules|\.ts:\d|canary/);
  }
  expect(emulator.requests.all()).toEqual([]);
}

describe('a wrong spec', () => {
  test.each([
    ['broken YAML', 'projects: [\n', 'migration.yaml:2:1'],
    ['an unknown key', 'projcts: {}\n', 'Did you mean "projects"?'],
    ['an unknown kind', 'resources: { include: [prompt] }\n', 'Did you mean "prompts"?'],
    ['a value that is not allowed', 'policy: { on_conflict: overwrite }\n', 'Allowed: block, update, skip'],
    [
      'a literal key',
      'source: { api_key: sk-canary }\n',
      'migration.yaml:1:20: source.api_key must name an environment',
    ],
    ['a literal secret', 'secrets: { ai_secret.OPENAI: canary }\n', 'a key or secret itself does not belong'],
    ['plain http to another machine', 'source: { url: http://bt.acme.example }\n', 'plain http'],
    ['an archive', 'destination: { archive: ./backup }\n', 'is reserved for archives'],
    ['a variable where none is read', 'projects: { include: ["${PROJECT}"] }\n', 'only read in api_key and secrets'],
  ])('with %s is one clear message and no request', async (_what, spec, words) => {
    cli.write('migration.yaml', spec);
    await expectRefusal(['validate'], { BT_SOURCE_API_KEY: 'canary-a', BT_DEST_API_KEY: 'canary-b' }, 7, [
      words,
      'BTM_SPEC_INVALID',
    ]);
  });

  test('that is not there names the file', async () => {
    await expectRefusal(['validate', '-f', 'other.yaml'], keys(), 7, ['other.yaml', 'BTM_SPEC_UNREADABLE']);
  });

  test('that sends a key elsewhere than the environment says is refused', async () => {
    cli.write('migration.yaml', 'destination: { url: "https://evil.example" }\n');
    await expectRefusal(['validate'], keys(), 7, ['evil.example', 'BTM_URL_MISMATCH']);
  });

  test('that gives both sides one key is refused', async () => {
    cli.write('migration.yaml', '');
    const env = { ...keys(), BT_DEST_API_KEY: keys().BT_SOURCE_API_KEY ?? '' };
    await expectRefusal(['validate'], env, 7, ['BTM_SAME_ORG']);
  });
});

describe('a wrong environment', () => {
  test('lists every key that is not set, at once', async () => {
    cli.write('migration.yaml', 'destination: { api_key: "${PROD_KEY}" }\n');
    await expectRefusal(['validate'], {}, 6, ['$BT_SOURCE_API_KEY', '$PROD_KEY', 'BTM_CREDENTIALS_MISSING']);
  });

  test('does not matter offline', async () => {
    cli.write('migration.yaml', '');
    const { code, stdout } = await cli.run(['validate', '--offline']);
    expect([code, stdout]).toEqual([
      0,
      'migration.yaml is valid; nothing was sent.\nNot set: $BT_SOURCE_API_KEY.\nNot set: $BT_DEST_API_KEY.\n',
    ]);
  });

  test('is completed by .env, and the real one wins', async () => {
    cli.write('migration.yaml', '');
    cli.write('.env', 'BT_SOURCE_API_KEY="from the file"\nBT_DEST_URL=http://evil.example\n');
    const { code, stdout } = await cli.run(['validate', '--offline'], { env: { BT_DEST_URL: 'http://localhost:1' } });
    expect([code, stdout]).toEqual([0, 'migration.yaml is valid; nothing was sent.\nNot set: $BT_DEST_API_KEY.\n']);
  });
});

describe('a wrong command line', () => {
  test.each([
    [['valdate'], ['has no command "valdate"', 'Did you mean "validate"?']],
    [
      ['validate', '--ofline'],
      ['--ofline is not a flag of validate', 'Did you mean --offline?'],
    ],
    [['validate', '--offline=maybe'], ['--offline is on or off']],
    [['validate', 'extra'], ['does not know what to do with "extra"']],
    [['validate', '--offline', '--probe-write'], ['choose one of them']],
    [['validate', '--file'], ['--file needs a value: --file FILE']],
    [['validate', '-f', 'a', '-f', 'b'], ['--file is given 2 times']],
    [['validate', '--parallelism', 'many'], ['--parallelism must be a whole number, not "many"']],
    [['validate', '--parallelism', '0'], ['--parallelism is 0; the least is 1']],
    [['validate', '--parallelism', '1025'], ['--parallelism is 1025; the most is 1024']],
    [
      ['validate', '--log-level', 'verbose'],
      ['--log-level verbose is not accepted. Allowed: error, warn, info, debug'],
    ],
    [['validate', '-x'], ['-x is not a flag of validate']],
    [['validate', '--constructor'], ['cannot be read']],
    [['--nope'], ['--nope is not a flag that works without a command']],
    [[], ['bt-migrate needs a command']],
    [['emulator', '--org', 'Acme'], ['--org "Acme" is not NAME=KEY']],
    [['emulator', '--port', '70000'], ['--port 70000 is not a port']],
    [['validate', '--events', '/nowhere/events.ndjson'], ['The file for events cannot be opened']],
  ])('%j says what is wrong and what may have been meant', async (argv, words) => {
    cli.write('migration.yaml', '');
    await expectRefusal(argv, keys(), 7, [...words, 'BTM_USAGE']);
  });

  test('hides no control character of what was typed', async () => {
    const { stderr } = await cli.run(['validate', '\u001b[31mred']);
    expect(stderr).toContain('\\u001b[31mred');
    expect(stderr).not.toContain('\u001b');
  });
});

describe('Terraform spellings', () => {
  test('with one dash are accepted', async () => {
    cli.write('other.yaml', '');
    const { code, stdout } = await cli.run(['validate', '-offline', '-json', '-file=other.yaml']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ command: 'validate', spec: { file: 'other.yaml' } });
  });
});
