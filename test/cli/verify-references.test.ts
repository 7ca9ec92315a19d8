import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Shown } from '../support/emulator-client.ts';
import { VerifyFixture } from '../support/verify-fixture.ts';

let acme: VerifyFixture;
beforeEach(async () => {
  acme = await VerifyFixture.start();
  await acme.triage();
  await acme.apply();
});
afterEach(() => acme.close());

describe('what objects of the destination refer to', () => {
  const tool = { function_type: 'tool', function_data: { type: 'code', data: { type: 'inline', code: '1' } } };
  const usingTool = (id: string) => ({
    prompt: { type: 'completion', content: 'Sort this ticket.' },
    tool_functions: [{ type: 'function', id }],
  });
  let made: Shown;

  beforeEach(async () => {
    const code = { runtime_context: { runtime: 'node', version: '20' }, ...tool.function_data.data };
    const function_data = { type: 'code', data: code };
    const about = { project_id: acme.project.id, name: 'Look up', slug: 'look-up', ...tool, function_data };
    made = await acme.source.object('POST', '/v1/function', about);
    await acme.source.object('POST', '/v1/prompt', {
      project_id: acme.project.id,
      name: 'Answer',
      slug: 'answer',
      description: `See project ${acme.project.id}.`,
      prompt_data: usingTool(made.id),
    });
    await acme.apply();
  });

  const copied = async (path: string, slug: string): Promise<Shown> =>
    (await acme.destination.list(path)).find((one) => one.slug === slug) as Shown;

  test('is followed and counted; ids in texts are counted beside it and are no difference', async () => {
    const { code, stdout } = await acme.run('verify');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\d+ references followed in the destination: 0 lead nowhere or to the source\./);
    expect(stdout).toContain('1 id of the source in texts of objects: not counted as a difference.');
    const { item } = await acme.verify();
    expect(item('prompt."Support bot".answer')).toMatchObject({
      symbol: '=',
      references: { followed: 2, broken: 0 },
      ids_in_text: 1,
    });
  });

  test('differs where it is still an object of the source', async () => {
    const prompt = await copied('/v1/prompt', 'answer');
    await acme.destination.object('PATCH', `/v1/prompt/${prompt.id}`, { prompt_data: usingTool(made.id) });
    const { code, item } = await acme.verify();
    expect(code).toBe(9);
    expect(item('prompt."Support bot".answer')).toMatchObject({
      symbol: '*',
      first_difference: {
        path: 'prompt_data.tool_functions[0].id',
        reference: `function:${made.id}`,
        leads_to: 'source',
      },
    });
    expect((await acme.run('verify')).stdout).toContain(
      `prompt_data.tool_functions[0].id refers to function:${made.id}, which is an object of the source`,
    );
  });

  test('differs where it leads nowhere, although the source has deleted the object that refers', async () => {
    const [answer] = (await acme.source.list('/v1/prompt')).filter(({ slug }) => slug === 'answer');
    await acme.source.object('DELETE', `/v1/prompt/${answer?.id}`);
    expect((await acme.verify()).code).toBe(0);
    const there = await copied('/v1/function', 'look-up');
    await acme.destination.object('DELETE', `/v1/function/${there.id}`);
    await acme.source.object('DELETE', `/v1/function/${made.id}`);
    const { code, item } = await acme.verify();
    expect(code).toBe(9);
    expect(item('prompt."Support bot".answer')).toMatchObject({
      symbol: '*',
      references: { followed: 2, broken: 1 },
      first_difference: { path: 'prompt_data.tool_functions[0].id', leads_to: 'nothing' },
    });
  });

  test('is not judged where the list that may hold it cannot be read', async () => {
    const path = '/v1/function';
    acme.emulator.faults.add({ match: { path, org: 'Acme Prod' }, action: { type: 'status', status: 400 } });
    const { item } = await acme.verify();
    expect(item('prompt."Support bot".answer')?.first_difference).toBeUndefined();
  });

  test('is not judged in a field that the spec ignores', async () => {
    acme.cli.write(
      'migration.yaml',
      "version: 1\nignore: [{ at: 'prompt.*.answer', path: prompt_data.tool_functions, reason: theirs }]\n",
    );
    const prompt = await copied('/v1/prompt', 'answer');
    await acme.destination.object('PATCH', `/v1/prompt/${prompt.id}`, { prompt_data: usingTool(made.id) });
    expect((await acme.verify()).code).toBe(0);
  });
});
