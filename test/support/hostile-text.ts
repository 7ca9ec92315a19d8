import fc from 'fast-check';
import { formatAddress } from '../../src/domain/address.ts';
import { type Json, type JsonObject, setKey } from '../../src/domain/json.ts';
import type { AddressKind } from '../../src/domain/kind.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { plannedAction, planOf } from './plan-fixture.ts';

const PIECES = [
  '\u001b[31mred\u001b[0m',
  '\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007',
  '\r\n## Approved',
  '\n```\n',
  '````',
  '~~~',
  '`',
  '``',
  '|',
  '\\|',
  '\n| a | b |\n|---|---|\n',
  '<img src=x onerror=alert(1)>',
  '</details>',
  '-->',
  '<!-- bt-migrate:plan -->',
  '@acme/admins',
  '@channel',
  '#1',
  'https://evil.example',
  '[x](javascript:alert(1))',
  '\u202ednammoc\u202c',
  '\u200b',
  '\ud800',
  '$(reboot)',
  '";reboot;"',
  "'",
  '\u0000',
  '\u200f',
  '\u2066',
  '`'.repeat(40),
  '\n    @acme/admins\n',
  '</summary>',
  '&lt;b&gt;',
  '\u009b2J',
  '👩‍💻',
  '__proto__',
  'constructor',
];

/** Text made to break tables, fences, comments, terminals and shells. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...PIECES) }, fc.string({ unit: 'binary', maxLength: 8 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((pieces) => pieces.join(''));

const hostileValue: fc.Arbitrary<Json> = fc.oneof(
  hostileText,
  fc.array(hostileText, { maxLength: 9 }).map((lines) => lines.join('\n')),
  fc.array(fc.tuple(hostileText, hostileText), { maxLength: 3 }).map((members) => {
    const object: Record<string, Json> = {};
    for (const [key, value] of members) setKey(object, key, value);
    return object;
  }),
  fc.integer(),
  fc.constant(null),
);

const WHAT = [
  'create',
  'prompt',
  'acl',
  'automation',
  'link',
  'update',
  'delete',
  'blocked',
  'accepted',
  'skip',
  'copy',
] as const;

/** A plan in which every name, path, value and reason that comes from outside is hostile. */
export const hostilePlan: fc.Arbitrary<Plan> = fc
  .array(
    fc.record({
      project: hostileText,
      slug: hostileText,
      path: hostileText,
      before: hostileValue,
      after: hostileValue,
      what: fc.constantFrom(...WHAT),
    }),
    { maxLength: 6 },
  )
  .chain((items) => fc.record({ items: fc.constant(items), org: hostileText }))
  .map(({ items, org }) => {
    const actions = items.map(({ project, slug, path, before, after, what }) => {
      const address = formatAddress('function', [project, slug]);
      const fields: Record<string, Json> = {};
      setKey(fields, path, after);
      const change = { path, before, after };
      const create = (kind: AddressKind, segments: readonly string[], content: JsonObject) =>
        plannedAction({
          op: 'create',
          address: formatAddress(kind, segments),
          reason: 'missing_in_destination',
          after: content,
        });
      switch (what) {
        case 'create':
          return create('function', [project, slug], fields);
        case 'prompt': {
          const messages = [{ role: slug, content: before }, { role: 'user', content: after }, fields];
          return create('prompt', [project, slug], { name: slug, prompt_data: { prompt: { messages } } });
        }
        case 'acl': {
          const object = { $ref: formatAddress('project', [project]) };
          const parts = { object_id: object, object_type: path, permission: slug, restrict_object_type: path };
          return create('acl', [path, project, slug, path, '-'], {
            ...parts,
            user_id: { $ref: `user.${JSON.stringify(slug)}` },
          });
        }
        case 'automation':
          return create('project_automation', [project, slug], {
            name: slug,
            config: { action: { url: { $from_source: path, digest: slug } }, export_path: slug, deep: fields },
          });
        case 'link':
          return plannedAction({ op: 'link', address, reason: 'reference_cycle', after: fields });
        case 'update':
          return plannedAction({ op: 'update', address, reason: 'source_changed', changes: [change] });
        case 'delete':
          return plannedAction({ op: 'delete', address, reason: 'removed_from_source', before: fields });
        case 'copy':
          return plannedAction({ op: 'copy', address, reason: 'rows_pending', triggers: [slug] });
        case 'skip':
          return plannedAction({ op: 'skip', address, reason: 'in_sync' });
        case 'accepted':
          return plannedAction({
            op: 'blocked',
            address,
            reason: 'code_bundle_not_migratable',
            accepted: { reason: slug },
          });
        default:
          return plannedAction({ op: 'blocked', address, reason: 'conflict', changes: [change] });
      }
    });
    const evil = { kind: 'braintrust', org_id: org, org, url: `https://acme.example/${org}` } as const;
    return planOf(actions, {
      source: evil,
      destination: evil,
      not_migrated: items.map(({ slug, path }) => ({ address: slug, reason: 'field_not_modelled', path })),
    });
  });
