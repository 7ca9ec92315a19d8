// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the spelling of a variable in a spec.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BtMigrateError } from '../domain/errors.ts';
import { loadSpec } from './load-spec.ts';

const ENV = { BT_SOURCE_API_KEY: 'source-canary', BT_DEST_API_KEY: 'destination-canary' };

function refusal(text: string, env: Record<string, string> = ENV): BtMigrateError {
  try {
    loadSpec({ path: '/acme/migration.yaml', text, env });
  } catch (error) {
    if (error instanceof BtMigrateError) return error;
    throw error;
  }
  throw new Error('The spec was accepted.');
}

describe('a refused spec', () => {
  test.each([
    ['projcts: {}', '1:1: projcts is not a key of the spec. Allowed here: version, source', 'Did you mean "projects"?'],
    ['version: 2', '1:10: version is 2.', 'Allowed: 1'],
    ['source:\n  archive: ./backup', '2:3: source.archive is reserved for archives', ''],
    ['source:\n  api_kye: x', '2:3: source.api_kye is not a key', 'Did you mean "api_key"?'],
    [
      'policy:\n  on_conflict: blok',
      '2:16: policy.on_conflict is "blok". Allowed: block, update, skip.',
      'Did you mean "block"?',
    ],
    ['policy: { prune: "yes" }', '1:18: policy.prune must be true or false, not "yes"', ''],
    ['policy: { max_deletes: 1.5 }', 'policy.max_deletes must be a whole number', ''],
    ['limits: { parallelism: 0 }', '1:24: limits.parallelism is 0; the least is 1', ''],
    ['limits: { parallelism: 1000000 }', 'the most is 1024', ''],
    ['limits: { memory_mb: 256.0 }', 'limits.memory_mb must be a number, not 256.0', ''],
    [
      'resources: { include: [prompt] }',
      'resources.include[0] is "prompt". Allowed: all, users',
      'Did you mean "prompts"?',
    ],
    ['resources: { exclude: [kubernetes] }', 'resources.exclude[0] is "kubernetes"', 'environment_objects'],
    ['resources: { include: [] }', 'resources.include must not be empty', ''],
    ['projects: { include: [2024] }', 'projects.include[0] must be a text, not 2024; put it in quotes', ''],
    ['projects: { include: "*" }', 'projects.include must be a list, not "*"', ''],
    ['projects: { rename: { a: ~ } }', 'projects.rename.a must be a text, not nothing', ''],
    [
      'streams: { logs: { created_after: 2026-02-30 } }',
      'streams.logs.created_after is "2026-02-30"; write a date',
      '',
    ],
    ['streams: { logs: { created_after: "2026-02-03 10:00" } }', 'a time with its zone', ''],
    [
      'streams: { logs: { created_after: 2026-02-01, created_before: 2026-02-01 } }',
      'streams.logs.created_before must not be before or equal to created_after',
      '',
    ],
    ['accept: [{ at: prompt.*.*, reason: x, expires: 31.12.2026 }]', 'accept[0].expires is "31.12.2026"', ''],
    ['accept: [{ at: prompt.*.* }]', '1:10: accept[0].reason is missing', ''],
    ['protect: [promt.a.b]', 'protect[0] is "promt.a.b"; "promt" is not a kind.', 'Did you mean "prompt"?'],
    ['protect: ["prompt.a b"]', 'protect[0] cannot be used: "prompt.a b" is not an address.', ''],
    [
      'secrets: { ai_secrets.A: "${A}" }',
      '1:12: the key secrets["ai_secrets.A"] is "ai_secrets.A"',
      'Did you mean "ai_secret"?',
    ],
    ['users: { map: { ann: ann@acme.example } }', 'the key users.map.ann must be an e-mail address', ''],
    ['users: { map: { A@x.example: b@x.example, a@X.example: b@x.example } }', 'means the same as a key above it', ''],
    [
      'users:\n  map:\n    ann@dev.example: Ann@acme.example\n    Bea@dev.example: ann@acme.example',
      '4:22: users.map["Bea@dev.example"] is "ann@acme.example", which "ann@dev.example" has already; two people',
      '',
    ],
    ['source: { url: acme.example }', 'source.url is "acme.example", which is not a URL', ''],
    ['source: { url: http://bt.acme.example }', 'plain http would send the API key unencrypted', ''],
    ['source: { url: "https://bt.acme.example/?a=1" }', 'must not hold a query', ''],
    [
      'source: { url: "${BT_URL}" }',
      '1:16: source.url holds ${BT_URL}, but environment variables are only read in',
      '',
    ],
    ['projects: { include: ["${P}"] }', 'projects.include[0] holds ${P}', ''],
    ['- a\n- b', '1:1: the spec must be a mapping, not a list', ''],
    ['prune', '1:1: the spec must be a mapping, not "prune"', ''],
    ['a: [1\n', '2:1: Flow sequence', ''],
    ['version: 1\n---\nversion: 1\n', '3:1: A second document starts here', ''],
    ['version: 1\nversion: 1\n', '2:1: The key "version" is there twice.', ''],
    ['projects: !ruby/object {}', 'Unresolved tag', ''],
    ['projects: *nothing', '1:11: ', ''],
    ['projects: &p { include: *p }', 'aliases of this file', ''],
    ['__proto__: { polluted: true }', 'A key must be a text.', ''],
    ['? [a]\n: b', 'A key must be a text.', ''],
  ])('%j says what is wrong, where, and what is allowed', (text, sentence, suggestion) => {
    const error = refusal(text);
    expect(error.code).toBe('BTM_SPEC_INVALID');
    expect(error.detail).toMatch(/^migration\.yaml:\d+:\d+: /);
    expect(error.detail).toContain(sentence);
    expect(error.detail).toContain(suggestion);
  });

  test('lists everything that is wrong, in the order of the file', () => {
    const error = refusal('policy: { prune: 3 }\nprojects: { inclde: [] }\nlimits: { memory_mb: 1 }\nbogus: 1\n');
    expect(error.detail.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'migration.yaml:1:18:',
      'migration.yaml:2:13:',
      'migration.yaml:3:22:',
      'migration.yaml:4:1:',
    ]);
  });

  test.each([
    'source: { api_key: sk-canary }',
    'source: { api_key: 123456canary }',
    'source: { api_key: 424242424242 }',
    'source: { api_key: [sk-canary] }',
    'secrets: { ai_secret.OPENAI: canary }',
    'secrets: { ai_secret.OPENAI: { value: canary } }',
    'source: { url: sk-canary }',
    'source: { url: "https://canary:canary@bt.acme.example" }',
    'source: { url: "https://bt.acme.example/?api_key=canary" }',
    'source: { api_key: "$canary" }',
    'source: { api_key: "${NAME:-canary}" }',
    'source: { api_key: "Bearer canary',
  ])('never repeats what may be a credential: %s', (text) => {
    const error = refusal(text);
    expect(error.code).toBe('BTM_SPEC_INVALID');
    expect(JSON.stringify([error.message, error.detail, error.hint])).not.toMatch(/canary|424242/);
  });

  test('that names another host than the environment is a mismatch, for both sides at once', () => {
    const error = refusal('source: { url: https://evil.example }\ndestination:\n  url: http://localhost:1\n', {
      BT_SOURCE_URL: 'https://bt.acme.example',
      BT_DEST_URL: 'http://localhost:2',
    });
    expect(error.code).toBe('BTM_URL_MISMATCH');
    expect(error.detail).toContain(
      'migration.yaml:1:16: source.url is https://evil.example, but BT_SOURCE_URL is https://bt.acme.example.',
    );
    expect(error.detail).toContain('migration.yaml:3:8: destination.url is http://localhost:1, but BT_DEST_URL is');
  });

  test('reports an address in the environment that cannot be used', () => {
    const error = refusal('', { BT_DEST_URL: 'http://bt.acme.example' });
    expect(error.detail).toMatch(/^The variable BT_DEST_URL is "http:\/\/bt\.acme\.example"; write https/);
  });

  test.each([
    ['two variables with one key', '', { BT_SOURCE_API_KEY: 'canary', BT_DEST_API_KEY: 'canary' }],
    ['one variable', 'source: { api_key: "${K}" }\ndestination: { api_key: "${K}" }', {}],
  ])('that reaches one organization through %s is refused', (_what, text, env) => {
    const error = refusal(text, env as Record<string, string>);
    expect(error.code).toBe('BTM_SAME_ORG');
    expect(error.message).not.toContain('canary');
  });

  test('that does not exist names the file and what to do', () => {
    expect(() => loadSpec({ path: '/nowhere/migration.yaml', env: {} })).toThrow(
      expect.objectContaining({ code: 'BTM_SPEC_UNREADABLE', detail: 'There is no file /nowhere/migration.yaml.' }),
    );
  });

  test('that is a folder or no text cannot be read', () => {
    expect(() => loadSpec({ path: '/', env: {} })).toThrow(expect.objectContaining({ code: 'BTM_SPEC_UNREADABLE' }));
    expect(readFileSync(process.execPath).subarray(0, 4).toString('latin1')).toContain('ELF');
    expect(() => loadSpec({ path: process.execPath, env: {} })).toThrow(
      expect.objectContaining({ code: 'BTM_SPEC_UNREADABLE' }),
    );
  });
});
