// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the spelling of a variable in a spec.
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { EXAMPLE_PATH, exampleSpecInFull } from '../../test/support/example-spec.ts';
import type { Spec } from '../domain/spec.ts';
import { loadSpec } from './load-spec.ts';

const ENV = { BT_SOURCE_API_KEY: 'source-canary', BT_DEST_API_KEY: 'destination-canary' };

function load(text: string, env: Record<string, string> = ENV): Spec {
  return loadSpec({ path: '/acme/migration.yaml', text, env });
}

describe('an accepted spec', () => {
  test.each(['', '# nothing\n', 'version: 1\n', '---\n...\n', 'projects:\nstreams: ~\n'])(
    'that holds nothing (%j) migrates everything with the defaults',
    (text) => {
      const spec = load(text);
      expect(spec.source).toMatchObject({
        url: 'https://api.braintrust.dev',
        apiKeyName: 'BT_SOURCE_API_KEY',
        org: undefined,
      });
      expect(spec.destination.apiKey?.reveal()).toBe('destination-canary');
      expect(spec.projects).toMatchObject({ include: ['*'], exclude: [] });
      expect(spec.allKinds).toBe(true);
      expect(spec.kinds.size).toBe(24);
      expect([...spec.viewOwners]).toEqual(['organization', 'project', 'dataset']);
      expect(spec.policy).toEqual({
        onConflict: 'block',
        missingReference: 'block',
        prune: false,
        maxDeletes: 0,
        activate: 'after_streams',
        activeRules: 'block',
        intoNonempty: 'block',
      });
      expect(spec.limits).toEqual({ parallelism: 32, requestsPerMinute: null, memoryMb: 256 });
      expect(spec.state).toEqual({ path: '/acme/bt-migrate.state.db', mustExist: false });
    },
  );

  test('is the example that ships in the package', () => {
    const spec = loadSpec({
      path: EXAMPLE_PATH,
      text: exampleSpecInFull,
      env: { ...ENV, PROD_OPENAI_API_KEY: 'openai-canary' },
    });
    expect(spec.source.org).toBe('Acme Dev');
    expect(spec.kinds.has('acl')).toBe(false);
    expect(spec.secrets.get('ai_secret.OPENAI_API_KEY')?.value?.reveal()).toBe('openai-canary');
    expect(spec.users.map).toEqual(new Map([['ann@dev.acme.example', 'ann@acme.example']]));
    expect(inspect(spec, { depth: null, showHidden: true })).not.toContain('canary');
    expect(JSON.stringify(spec)).not.toContain('canary');
  });

  test('takes the address of each side from the environment when it names none', () => {
    const spec = load('', {
      ...ENV,
      BT_SOURCE_URL: 'http://localhost:8000/',
      BT_DEST_URL: 'https://bt.acme.example/api/',
    });
    expect([spec.source.url, spec.destination.url]).toEqual(['http://localhost:8000', 'https://bt.acme.example/api']);
  });

  test('may name the address that the environment names', () => {
    const env = { ...ENV, BT_DEST_URL: 'https://bt.acme.example/' };
    expect(load('destination: { url: https://BT.acme.example }', env).destination.url).toBe('https://bt.acme.example');
  });

  test('may leave keys and secrets unset until they are needed', () => {
    const spec = load('secrets: { ai_secret.OPENAI: "${OPENAI_KEY}" }', { OPENAI_KEY: '' });
    expect(spec.source.apiKey).toBeUndefined();
    expect(spec.secrets.get('ai_secret.OPENAI')).toEqual({ name: 'OPENAI_KEY', value: undefined });
  });

  test('brings the rows of datasets and experiments unless they are excluded', () => {
    expect([...load('resources: { include: [datasets, experiments] }').kinds].sort()).toEqual([
      'dataset',
      'dataset_rows',
      'experiment',
      'experiment_rows',
    ]);
    expect([...load('resources: { include: [datasets], exclude: [dataset_rows] }').kinds]).toEqual(['dataset']);
    expect(load('resources: { exclude: [datasets] }').kinds.has('dataset_rows')).toBe(false);
  });

  test('may give one key to two organizations that it names', () => {
    const text = 'source: { api_key: "${K}", org: Acme Dev }\ndestination: { api_key: "${K}", org: Acme Prod }';
    expect(load(text, { K: 'canary' }).destination.org).toBe('Acme Prod');
  });

  test('reads days as midnight UTC and times in any zone as instants', () => {
    const spec = load('streams: { logs: { created_after: 2026-01-01, created_before: "2026-02-01T00:30:00+02:00" } }');
    expect(spec.streams.logs).toEqual({
      createdAfter: '2026-01-01T00:00:00.000Z',
      createdBefore: '2026-01-31T22:30:00.000Z',
    });
  });

  test('keeps numbers in overrides as they are spelled, and lists that an alias repeats', () => {
    const spec = load(
      'overrides:\n  - { at: function.*.*, set: { limit: 9007199254740993, list: &l [1.0, ~] } }\n  - { at: prompt.*.*, set: { list: *l } }',
    );
    expect(spec.overrides[0]?.set).toEqual({
      limit: { literal: '9007199254740993' },
      list: [{ literal: '1.0' }, null],
    });
    expect(spec.overrides[1]?.set).toEqual({ list: [{ literal: '1.0' }, null] });
  });

  test('accepts view owners in the singular', () => {
    expect([...load('resources: { view_owners: [experiment, projects] }').viewOwners]).toEqual([
      'experiment',
      'project',
    ]);
  });
});

describe('the digest of a spec', () => {
  const text = 'projects: { include: [a, b] }\npolicy: { prune: true, max_deletes: 3 }\n';

  test('ignores comments, order, defaults written out, keys, speed and the place of the state', () => {
    const other = [
      '# the same',
      'policy: { max_deletes: 3, prune: true, on_conflict: block }',
      'projects:\n  include:\n    - b\n    - a',
      'source: { api_key: "${BT_SOURCE_API_KEY}" }',
      'limits: { parallelism: 3 }',
      'state: { path: elsewhere.db }',
    ].join('\n');
    expect(load(other, { BT_SOURCE_API_KEY: 'another', BT_DEST_API_KEY: 'one' }).digest).toBe(load(text).digest);
    expect(load(text).digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test.each([
    'source: { api_key: "${OTHER_KEY}" }',
    'source: { org: Acme Dev }',
    'source: { url: https://bt.acme.example }',
    'projects: { rename: { a: b } }',
    'resources: { exclude: [acls] }',
    'secrets: { ai_secret.OPENAI: "${NAME}" }',
    'protect: [project.a]',
    'users: { invite: true }',
    'streams: { logs: { created_after: 2026-01-01 } }',
    'ignore: [{ at: prompt.*.*, path: description, reason: by hand }]',
    'overrides: [{ at: prompt.*.*, set: { description: ~ } }]',
  ])('changes with %s', (change) => {
    expect(load(change).digest).not.toBe(load('').digest);
  });
});
