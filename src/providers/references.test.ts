import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../domain/json.ts';
import { findReferences, markReferences, type ResolveId, type ResolveName, withoutReferences } from './references.ts';
import { PROVIDERS } from './registry.ts';
import { type MarkerValues, resolveMarkers } from './resolve-markers.ts';

const { acl, environment_object, experiment, function: functionKind, project, project_automation, prompt } = PROVIDERS;

const KNOWN: Readonly<Record<string, { address: string; version: string | undefined }>> = {
  t1: { address: 'function.P.tool', version: '1000196129554357515' },
  p1: { address: 'project.P', version: undefined },
  d1: { address: 'dataset.P.Golden', version: undefined },
  o1: { address: 'organization', version: undefined },
  'Support bot': { address: 'project.P', version: undefined },
  '[{"id":"p1"},"tool"]': { address: 'function.P.tool', version: '7' },
  '[{"name":"Support bot"},"tool"]': { address: 'function.P.tool', version: '7' },
};
const resolve: ResolveId = (kinds, id) => (id === 'lost' ? 'unlisted' : kinds.length > 0 ? KNOWN[id] : undefined);
const resolveName: ResolveName = (_kinds, name, project) =>
  KNOWN[project === undefined ? name : JSON.stringify([project, name])];
const mark = (definition: typeof prompt, fields: JsonObject) =>
  markReferences(definition, fields, resolve, resolveName);
const uses = (...tools: Json[]): JsonObject => ({ prompt_data: { tool_functions: tools } });

describe('ids become markers', () => {
  test.each<[string, typeof prompt, JsonObject, JsonObject]>([
    ['at the top', experiment, { dataset_id: 'd1' }, { dataset_id: { $ref: 'dataset.P.Golden' } }],
    [
      'in lists',
      prompt,
      uses({ id: 't1' }, { name: 'global' }),
      uses({ id: { $ref: 'function.P.tool' } }, { name: 'global' }),
    ],
    [
      'with the newest version beside them',
      prompt,
      uses({ id: 't1', version: '1000196129554357515' }),
      uses({ id: { $ref: 'function.P.tool' }, version: { $version: 'function.P.tool' } }),
    ],
    [
      'with an older version beside them',
      prompt,
      uses({ id: 't1', version: '1000196129554357000' }),
      uses({ id: { $ref: 'function.P.tool' }, version: { $pin: 'function.P.tool@1000196129554357000' } }),
    ],
    ['that nothing answers to', prompt, uses({ id: 'gone' }), uses({ id: { $missing: 'function:gone' } })],
    [
      'under any key of an object',
      prompt,
      { prompt_data: { mcp: { a: { id: 'gone' }, b: { url: 'u' } } } },
      { prompt_data: { mcp: { a: { id: { $missing: 'mcp_server:gone' } }, b: { url: 'u' } } } },
    ],
    [
      'of the type that a field names',
      acl,
      { object_type: 'org_project', object_id: 'o1' },
      { object_type: 'org_project', object_id: { $ref: 'organization' } },
    ],
    [
      'of a type that no kind stands for',
      acl,
      { object_type: 'constructor', object_id: 'x' },
      { object_type: 'constructor', object_id: { $missing: 'object:x' } },
    ],
    [
      'and so do slugs beside the id of their project',
      prompt,
      uses({ type: 'slug', project_id: 'p1', slug: 'tool', version: '7' }),
      uses({
        type: 'slug',
        project_id: { $ref: 'project.P' },
        slug: { $ref: 'function.P.tool' },
        version: { $version: 'function.P.tool' },
      }),
    ],
    [
      'and slugs beside the name of their project',
      prompt,
      uses({ project_name: 'Support bot', slug: 'tool' }, { project_name: 'Support bot', slug: 'gone' }),
      uses(
        { project_name: { $ref: 'project.P' }, slug: { $ref: 'function.P.tool' } },
        { project_name: { $ref: 'project.P' }, slug: { $missing: 'function:gone' } },
      ),
    ],
    ['but no slug without a project', prompt, uses({ slug: 'tool' }), uses({ slug: 'tool' })],
    [
      'but nothing that is no id',
      prompt,
      uses({ id: { $ref: 'x' } }, 'text', null),
      uses({ id: { $ref: 'x' } }, 'text', null),
    ],
  ])('%s', (_name, definition, fields, marked) => {
    expect(mark(definition, fields).fields).toEqual(marked);
  });

  test('provenance that nothing answers to is dropped whole, unless its list failed', () => {
    const origin = (prompt_id: string) => ({ prompt_data: { origin: { prompt_id, project_id: 'p1' }, parser: 1 } });
    expect(mark(prompt, origin('gone'))).toEqual({
      pins: [],
      fields: { prompt_data: { parser: 1 } },
      losses: [{ path: 'prompt_data.origin.prompt_id', reason: 'reference_dropped' }],
    });
    expect(mark(prompt, origin('lost')).losses).toEqual([]);
    expect(findReferences(prompt, mark(prompt, origin('lost')).fields)[0]).toMatchObject({
      marker: '$missing',
      text: 'function:lost',
    });
  });

  test('a version that an object can do without stands beside its fields', () => {
    expect(mark(experiment, { parameters_id: 't1', parameters_version: '7' })).toEqual({
      fields: { parameters_id: { $ref: 'function.P.tool' } },
      losses: [],
      pins: [{ field: 'parameters_version', target: 'function.P.tool', version: '7', required: false }],
    });
  });
});

test('references are found where they live, and nowhere else', () => {
  const fields = {
    ...uses({ id: { $ref: 'function.P.a' }, version: { $pin: 'function.P.a@1' } }),
    description: { $ref: 'x' } as Json,
  };
  expect(findReferences(prompt, fields).map(({ marker, text, path }) => [marker, text, path])).toEqual([
    ['$ref', 'function.P.a', 'prompt_data.tool_functions[0].id'],
    ['$pin', 'function.P.a@1', 'prompt_data.tool_functions[0].version'],
  ]);
});

test('a name is a reference too', () => {
  const fields = { object_type: 'prompt', object_id: { $ref: 'prompt.P.a' }, environment_slug: 'on "air"' };
  expect(findReferences(environment_object, fields).map(({ text }) => text)).toEqual([
    'prompt.P.a',
    'environment."on \\"air\\""',
  ]);
});

describe('a reference is left out with what is meaningless without it', () => {
  const unwanted = ({ text }: { text: string }) => text === 'x.y';
  const ref = { $ref: 'x.y' };
  test.each<[string, typeof prompt, JsonObject, JsonObject | undefined]>([
    ['the element of a list', prompt, uses({ id: ref }, { id: { $ref: 'a.b' } }), uses({ id: { $ref: 'a.b' } })],
    ['the version beside it', experiment, { parameters_id: ref, parameters_version: { $version: 'x.y' } }, {}],
    [
      'the object around an id',
      project,
      { settings: { default_preprocessor: { type: 'function', id: ref }, comparison_key: 'k' } },
      { settings: { comparison_key: 'k' } },
    ],
    ['only itself', project, { settings: { baseline_experiment_id: ref, a: 1 } }, { settings: { a: 1 } }],
    [
      'the element around a nested id',
      project_automation,
      { config: { topic_map_functions: [{ function: { id: ref }, btql_filter: 'x' }] } },
      { config: { topic_map_functions: [] } },
    ],
    [
      'an element of a plain list',
      PROVIDERS.group,
      { member_users: [ref, { $ref: 'a.b' }] },
      { member_users: [{ $ref: 'a.b' }] },
    ],
    [
      'the whole origin',
      prompt,
      { prompt_data: { origin: { prompt_id: ref, project_id: { $ref: 'project.P' } } } },
      { prompt_data: {} },
    ],
    ['nothing when it is firm', functionKind, { project_id: ref }, undefined],
  ])('%s', (_name, definition, fields, rest) => {
    expect(withoutReferences(definition, fields, unwanted)).toEqual(rest);
  });
});

describe('markers become values again', () => {
  const values: MarkerValues = {
    id: (address) => (address === 'function.P.tool' ? 't9' : undefined),
    key: (address) => (address === 'project.P' ? 'Support bot (prod)' : 'tool'),
    version: () => 'v9',
    pinned: (_address, version) => (version === '7' ? 'v7' : undefined),
    secret: () => undefined,
    hidden: () => undefined,
  };

  test('ids, versions, and what the destination holds without an address', () => {
    const fields = uses(
      { id: { $ref: 'function.P.tool' }, version: { $version: 'function.P.tool' } },
      { id: { $missing: 'function:7d8a' }, version: { $pin: 'function."a@b".c@1000' } },
    );
    expect(resolveMarkers(prompt, fields, values)).toEqual(
      uses({ id: 't9', version: 'v9' }, { id: '7d8a', version: '1000' }),
    );
  });

  test('names and slugs', () => {
    const named = { project_name: { $ref: 'project.P' }, slug: { $ref: 'function.P.tool' } };
    expect(resolveMarkers(prompt, uses(named), values)).toEqual(
      uses({ project_name: 'Support bot (prod)', slug: 'tool' }),
    );
  });

  test('the same shape in user data stays', () => {
    const fields = { function_schema: { $ref: '#/definitions/X' }, ...uses() };
    expect(resolveMarkers(functionKind, fields, values)).toEqual(fields);
  });

  test('what has no id yet is a defect that names it', () => {
    expect(() => resolveMarkers(prompt, uses({ id: { $ref: 'function.P.other' } }), values)).toThrow(
      /function\.P\.other/,
    );
  });
});
