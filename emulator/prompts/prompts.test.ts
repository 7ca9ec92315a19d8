import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, type EmulatorClient, type Shown } from '../../test/support/emulator-client.ts';
import { prettyVersion } from '../encoding/pretty-version.ts';
import { type Emulator, startEmulator } from '../start-emulator.ts';

describe('prompts and functions, one versioned table', () => {
  let emulator: Emulator;
  let client: EmulatorClient;
  let project_id: string;

  beforeAll(async () => {
    emulator = await startEmulator();
    client = clientOf(emulator);
    project_id = (await client.object('POST', '/v1/project', { name: 'Support bot' })).id;
    for (const slug of ['staging', 'production']) await client.object('POST', '/environment', { name: slug, slug });
  });
  afterAll(async () => {
    await emulator.close();
  });

  const textOf = (prompt: Shown) => (prompt.prompt_data as { prompt: { content: string } }).prompt.content;
  const body = (slug: string, content: string) => ({
    project_id,
    name: slug,
    slug,
    prompt_data: {
      prompt: { type: 'completion', content },
      options: { model: 'gpt-5-mini', params: { temperature: 0 } },
    },
  });

  test('a write answers with what was sent and what the server added, nothing else', async () => {
    const written = await client.object('POST', '/v1/function', {
      project_id,
      slug: 'echo',
      name: 'Echo',
      function_data: { type: 'prompt' },
    });
    expect(Object.keys(written)).toEqual([
      'log_id',
      'project_id',
      'slug',
      'name',
      'function_data',
      'id',
      'created',
      'org_id',
      '_xact_id',
    ]);
  });

  test('functions list prompts, prompts do not list code', async () => {
    const prompt = await client.object('POST', '/v1/prompt', body('listed', 'Hello'));
    const code = await client.object('POST', '/v1/function', {
      project_id,
      name: 'Code',
      slug: 'code',
      function_data: {
        type: 'code',
        data: { type: 'inline', runtime_context: { runtime: 'node', version: '20' }, code: '' },
      },
    });
    const functions = await client.list(`/v1/function?project_id=${project_id}`);
    expect(functions.map(({ id }) => id)).toEqual(expect.arrayContaining([prompt.id, code.id]));
    const prompts = await client.list(`/v1/prompt?project_id=${project_id}`);
    expect(prompts.map(({ id }) => id)).toContain(prompt.id);
    expect(prompts.map(({ id }) => id)).not.toContain(code.id);
    expect(functions.find(({ id }) => id === prompt.id)).toMatchObject({
      function_data: { type: 'prompt' },
      function_type: null,
    });
  });

  test('a version is found by its decimal and by its pretty form, and the newest without', async () => {
    const first = await client.object('POST', '/v1/prompt', body('versioned', 'one'));
    const second = await client.object('PUT', '/v1/prompt', body('versioned', 'two'));
    const third = await client.object('PATCH', `/v1/prompt/${first.id}`, {
      prompt_data: { prompt: { content: 'three' } },
    });
    expect(new Set([first.id, second.id, third.id]).size).toBe(1);
    expect(textOf(await client.object('GET', `/v1/prompt/${first.id}`))).toBe('three');
    expect(textOf(await client.object('GET', `/v1/prompt/${first.id}?version=${String(first._xact_id)}`))).toBe('one');
    const pretty = prettyVersion(BigInt(String(second._xact_id)));
    expect(textOf(await client.object('GET', `/v1/function/${first.id}?version=${pretty}`))).toBe('two');
    const [listed] = await client.list(`/v1/prompt?project_id=${project_id}&slug=versioned&version=${pretty}`);
    expect(listed === undefined ? '' : textOf(listed)).toBe('two');
    expect((await client.call('GET', `/v1/prompt/${first.id}?version=yesterday`)).status).toBe(400);
  });

  test('PATCH keeps the depths it does not name', async () => {
    const { id } = await client.object('POST', '/v1/prompt', body('patched', 'before'));
    const patched = await client.object('PATCH', `/v1/prompt/${id}`, {
      prompt_data: { options: { params: { top_p: 1 } } },
    });
    expect(patched.prompt_data).toMatchObject({
      prompt: { content: 'before' },
      options: { model: 'gpt-5-mini', params: { temperature: 0, top_p: 1 } },
    });
  });

  test('an environment leads to the version that was assigned', async () => {
    const first = await client.object('POST', '/v1/prompt', body('assigned', 'old'));
    await client.object('PUT', '/v1/prompt', { ...body('assigned', 'new'), environment_slugs: ['staging'] });
    const path = `/environment-object/prompt/${first.id}`;
    await client.object('PUT', `${path}/production`, { object_version: first._xact_id });
    expect(textOf(await client.object('GET', `/v1/prompt/${first.id}?environment=production`))).toBe('old');
    expect(textOf(await client.object('GET', `/v1/prompt/${first.id}?environment=staging`))).toBe('new');
    expect((await client.list(path)).map(({ environment_slug }) => environment_slug).sort()).toEqual([
      'production',
      'staging',
    ]);
    await client.object('DELETE', `${path}/production`);
    expect((await client.call('GET', `/v1/prompt/${first.id}?environment=production`)).status).toBe(400);
    const both = await client.call(
      'GET',
      `/v1/prompt/${first.id}?environment=staging&version=${String(first._xact_id)}`,
    );
    expect(both.status).toBe(400);
    expect((await client.call('GET', `/v1/prompt?project_id=${project_id}&environment=staging`)).status).toBe(400);
  });

  test('deleting leaves a tombstone, frees the slug, and speaks of prompts even for functions', async () => {
    const { id } = await client.object('POST', '/v1/function', {
      project_id,
      name: 'T',
      slug: 'tomb',
      function_data: { type: 'prompt' },
    });
    const tombstone = await client.object('DELETE', `/v1/function/${id}`);
    expect(Object.keys(tombstone)).toEqual([
      'log_id',
      'project_id',
      'slug',
      'id',
      'created',
      'org_id',
      '_object_delete',
      '_xact_id',
    ]);
    const read = await client.call('GET', `/v1/function/${id}`);
    expect([read.status, read.body]).toEqual([400, expect.objectContaining({ Code: 'BadRequestError' })]);
    expect(read.text).toContain('Function does not exist or you do not have access');
    const again = await client.call('DELETE', `/v1/function/${id}`);
    expect([again.status, again.text]).toEqual([400, expect.stringMatching(/^Missing delete access to prompt id/)]);
    const next = await client.object('POST', '/v1/function', {
      project_id,
      name: 'T',
      slug: 'tomb',
      function_data: { type: 'prompt' },
    });
    expect(next.id).not.toBe(id);
  });

  test('POST on a taken slug writes a version; what it holds is a switch', async () => {
    for (const functionPostOverwrites of [true, false]) {
      const own = await startEmulator({ switches: { functionPostOverwrites } });
      const caller = clientOf(own);
      const project = await caller.object('POST', '/v1/project', { name: 'Support bot' });
      const write = (content: string) =>
        caller.object('POST', '/v1/prompt', { ...body('again', content), project_id: project.id });
      const first = await write('one');
      const second = await write('two');
      expect(second.id).toBe(first.id);
      expect(BigInt(String(second._xact_id))).toBeGreaterThan(BigInt(String(first._xact_id)));
      expect(textOf(await caller.object('GET', `/v1/prompt/${first.id}`))).toBe(functionPostOverwrites ? 'two' : 'one');
      await own.close();
    }
  });

  test('pushing functions is one transaction that refuses, ignores or replaces what is there', async () => {
    const pushed = (if_exists: string, name: string) =>
      client.call('POST', '/insert-functions', {
        functions: ['push-a', 'push-b'].map((slug) => ({
          project_id,
          slug,
          name,
          if_exists,
          function_data: { type: 'prompt' },
          metadata: { by: 'ci' },
        })),
      });
    const first = (await pushed('error', 'first')).body as {
      functions: Shown[];
      xact_id: string;
      ignored_count: number;
    };
    expect(first.functions.map(({ found_existing }) => found_existing)).toEqual([false, false]);
    const refused = await pushed('error', 'second');
    expect([refused.status, refused.text]).toEqual([
      400,
      expect.stringContaining('slugs already exist: push-a, push-b'),
    ]);
    expect((await pushed('ignore', 'third')).body).toMatchObject({ ignored_count: 2 });
    const [kept] = await client.list(`/v1/function?project_id=${project_id}&slug=push-a`);
    expect(kept).toMatchObject({ name: 'first', metadata: { by: 'ci' }, _xact_id: first.xact_id });
    await pushed('replace', 'fourth');
    const [replaced] = await client.list(`/v1/function?project_id=${project_id}&slug=push-a`);
    expect(replaced).toMatchObject({ name: 'fourth', id: kept?.id });
  });
});
