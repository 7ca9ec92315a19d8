import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RESOURCE_KINDS, type ResourceKind } from '../../src/domain/kind.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';

const FOLDER = '../shared';
const FILE = `${FOLDER}/openapi/braintrust-openapi.json`;

interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}
interface Body {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}
interface Operation {
  readonly parameters?: readonly { readonly $ref?: string; readonly name?: string }[];
  readonly requestBody?: Body;
  readonly responses: Readonly<Record<string, Body>>;
}
interface Specification {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, { readonly name: string }>>;
  };
}

const specification = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Specification) : null;

/** What the specification does not have, each with where it is known from. */
const OUTSIDE: Readonly<Partial<Record<ResourceKind, string>>> = {
  environment_object: 'a hidden API that the official clients use (fact sheet 2.3)',
  user: 'people are invited through the members of the organization (fact sheet 9)',
};
/** Modelled fields that no create or patch schema has. */
const UNDOCUMENTED: Readonly<Record<string, string>> = {
  'env_var.secret_category': 'returned; other clients send it, and it is only sent when it is not the default',
};

const KINDS = RESOURCE_KINDS.filter((kind) => OUTSIDE[kind] === undefined);

test('the specification is there wherever the shared folder is', () => {
  expect(existsSync(FOLDER) && specification === null).toBe(false);
});

describe.skipIf(specification === null)('kinds against the official specification', () => {
  const schemaOf = (schema: Schema | undefined): Schema => {
    if (schema?.$ref !== undefined)
      return schemaOf(specification?.components.schemas[schema.$ref.split('/').pop() ?? '']);
    return schema ?? {};
  };
  const bodyOf = (operation: Operation | undefined): Schema | undefined => {
    const schema = operation?.requestBody?.content?.['application/json']?.schema;
    return schema === undefined ? undefined : schemaOf(schema);
  };
  const keysOf = (schema: Schema | undefined): string[] => [
    ...Object.keys(schema?.properties ?? {}),
    ...(schema?.allOf ?? []).flatMap((part) => keysOf(schemaOf(part))),
  ];
  const collection = (kind: ResourceKind) => specification?.paths[PROVIDERS[kind].path] ?? {};
  const item = (kind: ResourceKind) => {
    const { path } = PROVIDERS[kind];
    const [key] = Object.keys(specification?.paths ?? {}).filter(
      (candidate) => candidate.startsWith(`${path}/{`) && candidate.endsWith('}'),
    );
    return specification?.paths[key ?? ''] ?? {};
  };
  const created = (kind: ResourceKind) => keysOf(bodyOf(collection(kind).post));
  const patched = (kind: ResourceKind) => keysOf(bodyOf(item(kind).patch));
  const parameters = (kind: ResourceKind): string[] => {
    const { path, list } = PROVIDERS[kind];
    const operation = specification?.paths[list?.path ?? path]?.get;
    return (operation?.parameters ?? []).map(({ name, $ref }) => {
      if (name !== undefined) return name;
      return specification?.components.parameters[$ref?.split('/').pop() ?? '']?.name ?? '';
    });
  };
  const modelled = (kind: ResourceKind): string[] => {
    const { fields, secret } = PROVIDERS[kind];
    return [...Object.keys(fields.shape), ...(secret === undefined ? [] : [secret])];
  };

  describe.each(KINDS)('%s', (kind) => {
    const definition = PROVIDERS[kind];
    const rules = definition.writes ?? {};

    test('models every field that a create takes, or says why not', () => {
      expect(created(kind).length).toBeGreaterThan(0);
      const known = new Set([
        ...modelled(kind),
        ...Object.keys(definition.ignored),
        ...(rules.orgName ? ['org_name'] : []),
      ]);
      expect(created(kind).filter((field) => !known.has(field))).toEqual([]);
    });

    test('models every field that a PATCH takes, or says why not', () => {
      const deltas = Object.values(rules.deltas ?? {}).flatMap((suffix) => [`add_${suffix}`, `remove_${suffix}`]);
      const known = new Set([...modelled(kind), ...Object.keys(definition.ignored), ...deltas]);
      expect(patched(kind).filter((field) => !known.has(field))).toEqual([]);
    });

    test('models nothing that the API does not take', () => {
      const taken = new Set([...created(kind), ...patched(kind)]);
      expect(
        modelled(kind).filter((field) => !taken.has(field) && UNDOCUMENTED[`${kind}.${field}`] === undefined),
      ).toEqual([]);
    });

    test('knows every field that the API answers', () => {
      const operation = collection(kind).post ?? collection(kind).get;
      const answer = schemaOf(operation?.responses['200']?.content?.['application/json']?.schema);
      const known = new Set([...modelled(kind), ...Object.keys(definition.ignored), 'id']);
      expect(keysOf(answer).filter((field) => !known.has(field))).toEqual([]);
    });

    test('patches, puts and creates as the operations allow', () => {
      expect(rules.patch !== false).toBe(item(kind).patch !== undefined);
      if (rules.put === true) expect(collection(kind).put).toBeDefined();
      const second = new Set(rules.secondWrite);
      const unset = new Set(rules.immutable);
      const onlyPut = new Set(rules.putOnly);
      for (const field of modelled(kind)) {
        const isDelta = rules.deltas?.[field] !== undefined;
        const isLocator = rules.patchAlways?.includes(field) === true;
        const inPatch = isDelta || patched(kind).includes(field);
        if (second.has(field)) expect([field, created(kind).includes(field), inPatch]).toEqual([field, false, true]);
        if (onlyPut.has(field)) expect([field, created(kind).includes(field), inPatch]).toEqual([field, true, false]);
        if (unset.has(field) && !isLocator) expect([field, inPatch]).toEqual([field, false]);
        // The owner is named at creation and can never change.
        const isOwner =
          definition.references?.some(({ path, breakAt }) => path === field && breakAt === 'never') === true;
        const isFree = !second.has(field) && !unset.has(field) && !onlyPut.has(field) && !isOwner;
        if (isFree && item(kind).patch !== undefined) expect([field, inPatch]).toEqual([field, true]);
      }
      for (const suffix of Object.values(rules.deltas ?? {})) {
        expect(patched(kind)).toEqual(expect.arrayContaining([`add_${suffix}`, `remove_${suffix}`]));
      }
      const required = bodyOf(item(kind).patch)?.required ?? [];
      expect([...(rules.patchAlways ?? [])].sort()).toEqual([...required].sort());
    });

    test('sends everything that a create requires', () => {
      const required = bodyOf(collection(kind).post)?.required ?? [];
      const shown = new Set(Object.keys(definition.fields.shape));
      expect(required.filter((field) => !shown.has(field) && definition.blocked === undefined)).toEqual([]);
    });

    test('lists with the parameters that the list has', () => {
      const { list } = definition;
      const known = parameters(kind);
      expect(known.includes('starting_after')).toBe((list?.paging ?? 'cursor') === 'cursor');
      expect(known.includes('limit')).toBe(list?.paging !== 'whole');
      expect(known.includes('project_id')).toBe(list?.byProject === true);
      expect(known.includes('org_name')).toBe(list?.noOrgName !== true);
      if (list?.perOwner !== undefined) expect(known).toEqual(expect.arrayContaining(['object_type', 'object_id']));
    });

    test('names the organization in a create exactly when the create takes it', () => {
      expect(rules.orgName === true).toBe(created(kind).includes('org_name'));
    });
  });
});
