// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the spelling of a variable in a spec.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PlanNotice } from '../../src/domain/plan.ts';
import type { Shown } from '../support/emulator-client.ts';
import { chat, migrate, pending, TwoOrgs } from '../support/two-orgs.ts';

let orgs: TwoOrgs;
let project: Shown;

beforeEach(async () => {
  orgs = await TwoOrgs.start();
  project = await orgs.project();
  await make('prompt', { name: 'Triage', slug: 'triage', description: 'Ours', prompt_data: chat('One.') });
});
afterEach(() => orgs.close());

const make = (kind: string, body: object) =>
  orgs.source.object('POST', `/v1/${kind}`, { project_id: project.id, ...body });

/** The notices of a plan with this spec; plans in these tests are made on 2026-11-23. */
async function notices(yaml: string): Promise<readonly PlanNotice[]> {
  return (await orgs.migration(yaml).plan()).notices ?? [];
}

const nothing = (section: string, entry: string, more: object = {}) => [
  { code: 'matches_nothing', section, entry, ...more },
];

describe('an entry of the spec that matches nothing is named in the plan', () => {
  test.each([
    ['protect', 'protect: [\'project."Suport bot"\']', 'project."Suport bot"', 'project."Support bot"'],
    ['protect', "protect: ['prompt.*.triaje']", 'prompt.*.triaje', undefined],
    ['protect', 'protect: [\'logs."Suport bot"\']', 'logs."Suport bot"', undefined],
    ['accept', "accept: [{ at: 'function.*.*', reason: x }]", 'function.*.*', undefined],
    ['ignore', 'ignore: [{ at: \'prompt."Support bot"\', path: name, reason: x }]', 'prompt."Support bot"', undefined],
    [
      'overrides',
      "overrides: [{ at: 'span_iframe.*.*', set: { url: https://x.example } }]",
      'span_iframe.*.*',
      undefined,
    ],
    ['secrets', 'secrets: { ai_secret.OPENAI: "${K}" }', 'ai_secret.OPENAI', undefined],
    ['users.map', 'users: { map: { ann@dev.example: ann@x.example } }', 'ann@dev.example', undefined],
    ['projects.include', 'projects: { include: ["Support bot", "Sales*"] }', 'Sales*', undefined],
  ])('under %s: %s', async (section, yaml, entry, nearest) => {
    expect(await notices(yaml)).toEqual(nothing(section, entry, nearest === undefined ? {} : { nearest }));
  });

  test('a field that no such object has', async () => {
    const ignored = (path: string) => `ignore: [{ at: 'prompt.*.*', path: ${path}, reason: x }]`;
    expect(await notices(ignored('descripton'))).toEqual(
      nothing('ignore', 'prompt.*.*', { path: 'descripton', nearest: 'description' }),
    );
    expect(await notices(ignored('"prompt_data.prompt.messages[0].content"'))).toEqual([]);
  });

  test('and changes nothing else', async () => {
    const migration = orgs.migration("protect: ['prompt.*.triaje']");
    await migrate(migration);
    const plan = await migration.plan();
    expect(pending(plan)).toEqual([]);
    expect(plan.notices).toHaveLength(1);
    expect((await migration.plan()).digest).toBe(plan.digest);
  });
});

describe('nothing is said of', () => {
  test.each([
    ['what matches in the source', "protect: ['project.\"Support bot\"', 'prompt.*.triage', 'logs.*']"],
    ['a kind that is left out', "resources: { exclude: [functions] }\naccept: [{ at: 'function.*.*', reason: x }]"],
    ['views of owners that are not looked at', "ignore: [{ at: 'view.experiment.*.*.*.*', path: name, reason: x }]"],
    ['globs of projects to leave out', 'projects: { exclude: ["scratch-*"] }'],
  ])('%s', async (_what, yaml) => {
    expect(await notices(yaml)).toEqual([]);
  });

  test('a project that is left out', async () => {
    const other = await orgs.project('Payments');
    await orgs.source.object('POST', '/v1/project_tag', { project_id: other.id, name: 'refund' });
    const yaml = "protect: ['project_tag.Payments.refund']\nprojects: ";
    expect(await notices(`${yaml}{ include: [Support bot] }`)).toEqual([]);
    expect(await notices(`${yaml}{ include: ["*"] }`)).toEqual([]);
    expect(await notices("protect: ['project_tag.Payments.refunds']")).toHaveLength(1);
  });

  test('what only the destination has, where that can be protected, and is said of what it cannot be', async () => {
    await orgs.destination.object('POST', '/v1/project', { name: 'Old bot' });
    expect(await notices('protect: [\'project."Old bot"\']')).toEqual([]);
    expect(await notices('overrides: [{ at: \'project."Old bot"\', set: { description: x } }]')).toHaveLength(1);
  });

  test('a kind whose list failed', async () => {
    orgs.emulator.faults.add({ match: { path: '/v1/project_tag' }, action: { type: 'status', status: 403 } });
    expect(await notices("protect: ['project_tag.*.*']")).toEqual([]);
  });
});

describe('the end of an agreement', () => {
  const bundle = { type: 'code', data: { type: 'bundle', bundle_id: 'b-1', location: { type: 'function', index: 0 } } };
  const accept = (expires: string) => `accept: [{ at: 'function.*.*', reason: re-pushed, expires: ${expires} }]`;
  const said = (code: string, expires: string) => [
    { code, section: 'accept', entry: 'function.*.*', expires, count: 1 },
  ];

  beforeEach(async () => {
    const context = { runtime_context: { runtime: 'node', version: '20' } };
    const function_data = { ...bundle, data: { ...bundle.data, ...context } };
    await make('function', { name: 'Check', slug: 'check', function_type: 'scorer', function_data });
  });

  test.each([
    ['2026-11-22', 'agreement_expired'],
    ['2026-11-23', 'agreement_expires_soon'],
    ['2026-12-07', 'agreement_expires_soon'],
  ])('on %s is %s on 2026-11-23', async (expires, code) => {
    expect(await notices(accept(expires))).toEqual(said(code, expires));
  });

  test('that is 15 days away is not mentioned, and neither is one that has no end', async () => {
    expect(await notices(accept('2026-12-08'))).toEqual([]);
    expect(await notices("accept: [{ at: 'function.*.*', reason: x }]")).toEqual([]);
  });

  test('does not count what another agreement covers', async () => {
    const [notice] = await notices(`${accept('2026-11-22').slice(0, -1)}, { at: 'function.*.check', reason: x }]`);
    expect(notice).toMatchObject({ code: 'agreement_expired', count: 0 });
  });

  test('of an ignored difference names the field', async () => {
    expect(await notices("ignore: [{ at: 'prompt.*.*', path: description, reason: x, expires: 2026-11-01 }]")).toEqual([
      {
        code: 'agreement_expired',
        section: 'ignore',
        entry: 'prompt.*.*',
        path: 'description',
        expires: '2026-11-01',
      },
    ]);
  });
});
