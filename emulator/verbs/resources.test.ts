import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, type EmulatorClient } from '../../test/support/emulator-client.ts';
import { type Emulator, startEmulator } from '../start-emulator.ts';

const NOWHERE = '00000000-0000-4000-8000-000000000000';

describe('objects of the generic verbs', () => {
  let emulator: Emulator;
  let dev: EmulatorClient;
  let project_id: string;

  beforeAll(async () => {
    emulator = await startEmulator();
    dev = clientOf(emulator, 'Acme Dev');
    project_id = (await dev.object('POST', '/v1/project', { name: 'Support bot' })).id;
  });
  afterAll(async () => {
    await emulator.close();
  });

  describe('lists', () => {
    test('pages in both directions lose nothing and repeat nothing', async () => {
      const project = await dev.object('POST', '/v1/project', { name: 'Paged' });
      const path = `/v1/project_tag?project_id=${project.id}`;
      for (let number = 0; number < 7; number++) {
        emulator.clock.advance(1);
        await dev.object('POST', '/v1/project_tag', { project_id: project.id, name: `tag-${number}` });
      }
      const names = async (query: string) => (await dev.list(`${path}${query}`)).map(({ name }) => name);
      const all = await dev.list(path);
      expect(all.map(({ name }) => name)).toEqual(['tag-6', 'tag-5', 'tag-4', 'tag-3', 'tag-2', 'tag-1', 'tag-0']);
      expect(await names(`&limit=3&starting_after=${all[2]?.id}`)).toEqual(['tag-3', 'tag-2', 'tag-1']);
      expect(await names(`&limit=2&ending_before=${all[3]?.id}`)).toEqual(['tag-5', 'tag-4']);
      expect(await names(`&ids=${all[0]?.id}&ids=${all[6]?.id}`)).toEqual(['tag-6', 'tag-0']);
      expect(await names('&limit=0')).toEqual([]);
      const broken = await dev.call('GET', `${path}&starting_after=${all[0]?.id}&ending_before=${all[1]?.id}`);
      expect(broken.status).toBe(400);
    });

    test('a cursor keeps its place after the object has been deleted', async () => {
      const project = await dev.object('POST', '/v1/project', { name: 'Gaps' });
      for (const name of ['a', 'b', 'c']) {
        emulator.clock.advance(1);
        await dev.object('POST', '/v1/dataset', { project_id: project.id, name });
      }
      const [, middle] = await dev.list(`/v1/dataset?project_id=${project.id}`);
      await dev.object('DELETE', `/v1/dataset/${middle?.id}`);
      const rest = await dev.list(`/v1/dataset?project_id=${project.id}&starting_after=${middle?.id}`);
      expect(rest.map(({ name }) => name)).toEqual(['a']);
    });

    test('a capped or shortened page is not the end of the list', async () => {
      emulator.setVisibility({ pageCap: 2 });
      expect(await dev.list('/v1/group?limit=1000')).toHaveLength(2);
      emulator.setVisibility({ pageCap: null, pageShare: 0.5 });
      expect(await dev.list('/v1/group?limit=2')).toHaveLength(1);
      emulator.setVisibility({ pageShare: 1 });
      expect(await dev.list('/v1/group?limit=2')).toHaveLength(2);
    });

    test('experiments are limited to 1000 when no limit is given', async () => {
      const project = await dev.object('POST', '/v1/project', { name: 'Many' });
      for (let number = 0; number < 1001; number++) {
        await dev.object('POST', '/v1/experiment', { project_id: project.id, name: `run ${number}` });
      }
      expect(await dev.list(`/v1/experiment?project_id=${project.id}`)).toHaveLength(1000);
      expect(await dev.list(`/v1/experiment?project_id=${project.id}&limit=2000`)).toHaveLength(1001);
    });

    test('unknown query keys are ignored, a project name filters, nothing found is an empty list', async () => {
      expect(await dev.list('/v1/project?org_id=whatever&project_name=Support%20bot')).toHaveLength(1);
      expect(await dev.list('/v1/project?project_name=Nobody')).toEqual([]);
      expect(await dev.list(`/v1/dataset?project_id=${NOWHERE}`)).toEqual([]);
    });
  });

  describe('creation', () => {
    test('a taken name answers with the object that is there, unmodified, and says so for projects and datasets only', async () => {
      const first = await dev.call('POST', '/v1/dataset', {
        project_id,
        name: 'Golden questions',
        description: 'first',
      });
      const again = await dev.call('POST', '/v1/dataset', {
        project_id,
        name: 'Golden questions',
        description: 'second',
      });
      expect(again.body).toEqual(first.body);
      expect(first.headers.get('x-bt-found-existing')).toBeNull();
      expect(again.headers.get('x-bt-found-existing')).toBe('true');
      await dev.object('POST', '/v1/experiment', { project_id, name: 'Tone', metadata: { a: 1 } });
      const reused = await dev.call('POST', '/v1/experiment', { project_id, name: 'Tone', metadata: { a: 2 } });
      expect(reused.body).toMatchObject({ metadata: { a: 1 } });
      expect(reused.headers.get('x-bt-found-existing')).toBeNull();
    });

    test('ensure_new gives a taken experiment name a suffix of eight hex digits', async () => {
      const body = { project_id, name: 'Suffixed', ensure_new: true };
      const first = await dev.object('POST', '/v1/experiment', body);
      const second = await dev.object('POST', '/v1/experiment', body);
      expect(first.name).toBe('Suffixed');
      expect(second.name).toMatch(/^Suffixed-[0-9a-f]{8}$/);
    });

    test('a key, a type or an owner that does not fit is named', async () => {
      const extra = await dev.call('POST', '/v1/project_score', {
        project_id,
        name: 'S',
        score_type: 'slider',
        position: 'x',
      });
      expect([extra.status, extra.text]).toEqual([400, expect.stringContaining('[position]')]);
      const missing = await dev.call('POST', '/v1/dataset', { project_id });
      expect([missing.status, missing.text]).toEqual([400, expect.stringMatching(/"name"[\s\S]*"Required"/)]);
      const owner = await dev.call('POST', '/v1/dataset', { project_id: NOWHERE, name: 'D' });
      expect([owner.status, owner.text]).toEqual([
        400,
        expect.stringMatching(
          /^Missing read access to project id 0{8}-.*, or the project does not exist \[user_email=/,
        ),
      ]);
    });

    test('org_name is tolerated where clients send it', async () => {
      const body = { project_id, name: 'From bt', org_name: 'Acme Dev' };
      expect((await dev.call('POST', '/v1/dataset', body)).status).toBe(200);
      expect((await dev.call('POST', '/v1/experiment', body)).status).toBe(200);
    });

    test('positions of scores grow with creation', async () => {
      const positions: unknown[] = [];
      for (const name of ['First', 'Second', 'Third']) {
        positions.push(
          (await dev.object('POST', '/v1/project_score', { project_id, name, score_type: 'slider' })).position,
        );
      }
      expect([...positions].sort()).toEqual(positions);
      expect(new Set(positions).size).toBe(3);
    });
  });

  describe('change', () => {
    test('PATCH merges objects, replaces arrays, and neither removes nor empties', async () => {
      const { id } = await dev.object('POST', '/v1/dataset', {
        project_id,
        name: 'Merged',
        description: 'kept',
        tags: ['a', 'b'],
        metadata: { keep: 1, nested: { x: 1, y: [1, 2] } },
      });
      const patched = await dev.object('PATCH', `/v1/dataset/${id}`, {
        description: null,
        tags: ['c'],
        metadata: { nested: { y: [3] }, added: true },
      });
      expect(patched).toMatchObject({ description: 'kept', tags: ['c'] });
      expect(patched.metadata).toEqual({ keep: 1, nested: { x: 1, y: [3] }, added: true });
      expect(await dev.object('GET', `/v1/dataset/${id}`)).toEqual(patched);
    });

    test('project settings and score configuration are replaced whole', async () => {
      await dev.object('PATCH', `/v1/project/${project_id}`, {
        settings: { comparison_key: 'input', disable_realtime_queries: true },
      });
      const project = await dev.object('PATCH', `/v1/project/${project_id}`, {
        settings: { comparison_key: 'output' },
      });
      expect(project.settings).toEqual({ comparison_key: 'output' });
      const body = {
        project_id,
        name: 'Whole',
        score_type: 'slider',
        config: { multi_select: true, destination: 'expected' },
      };
      const { id } = await dev.object('POST', '/v1/project_score', body);
      const score = await dev.object('PATCH', `/v1/project_score/${id}`, { config: { multi_select: false } });
      expect(score.config).toEqual({ multi_select: false });
    });

    test('PUT keeps id, creation and position and resets what is left out', async () => {
      const body = {
        project_id,
        name: 'Replaced',
        score_type: 'slider',
        description: 'before',
        config: { multi_select: true },
      };
      const before = await dev.object('POST', '/v1/project_score', body);
      const after = await dev.object('PUT', '/v1/project_score', {
        project_id,
        name: 'Replaced',
        score_type: 'free-form',
      });
      const { id, created, position, user_id } = before;
      expect(after).toEqual({
        ...before,
        id,
        created,
        position,
        user_id,
        score_type: 'free-form',
        description: null,
        config: null,
      });
    });

    test('immutable keys are refused, and so is a name that somebody else has', async () => {
      const one = await dev.object('POST', '/v1/dataset', { project_id, name: 'One' });
      await dev.object('POST', '/v1/dataset', { project_id, name: 'Two' });
      const moved = await dev.call('PATCH', `/v1/dataset/${one.id}`, { project_id });
      expect([moved.status, moved.text]).toEqual([400, expect.stringContaining('[project_id]')]);
      expect((await dev.call('PATCH', `/v1/dataset/${one.id}`, { name: 'Two' })).status).toBe(400);
      expect((await dev.call('PATCH', `/v1/dataset/${one.id}`, { name: 'Three' })).status).toBe(200);
      expect((await dev.call('POST', '/v1/dataset', { project_id, name: 'One' })).body).not.toMatchObject({
        id: one.id,
      });
    });

    test('nested keys come back in the order of the service, shorter ones first', async () => {
      const metadata = { temperature: 0.7, model: 'gpt-5', version: '1' };
      const { text } = await dev.call('POST', '/v1/experiment', { project_id, name: 'Ordered', metadata });
      expect(text).toContain('"metadata":{"model":"gpt-5","version":"1","temperature":0.7}');
    });
  });

  describe('deletion', () => {
    test('a deleted object keeps its id to itself: reading is 403, writing 400, and the name makes a new one', async () => {
      const { id } = await dev.object('POST', '/v1/experiment', { project_id, name: 'Gone' });
      expect((await dev.object('DELETE', `/v1/experiment/${id}`)).deleted_at).toMatch(/^\d{4}-.*Z$/);
      const read = await dev.call('GET', `/v1/experiment/${id}`);
      expect(read.status).toBe(403);
      expect(read.body).toMatchObject({ Code: 'ForbiddenError', Path: `/v1/experiment/${id}`, Service: 'api' });
      expect(read.text).toContain(
        `Missing read access to experiment id ${id}, or the experiment does not exist [user_email=`,
      );
      const again = await dev.call('DELETE', `/v1/experiment/${id}`);
      expect([again.status, again.text]).toEqual([
        400,
        expect.stringMatching(/^Missing delete access to experiment id/),
      ]);
      expect((await dev.object('POST', '/v1/experiment', { project_id, name: 'Gone' })).id).not.toBe(id);
    });

    test('what belongs to a deleted project is gone, too', async () => {
      const project = await dev.object('POST', '/v1/project', { name: 'Doomed' });
      const dataset = await dev.object('POST', '/v1/dataset', { project_id: project.id, name: 'Doomed' });
      const prompt = await dev.object('POST', '/v1/prompt', { project_id: project.id, name: 'Doomed', slug: 'doomed' });
      await dev.object('DELETE', `/v1/project/${project.id}`);
      expect((await dev.call('GET', `/v1/dataset/${dataset.id}`)).status).toBe(403);
      expect((await dev.call('GET', `/v1/prompt/${prompt.id}`)).status).toBe(400);
    });

    test('an id that is no uuid is a validation error', async () => {
      const { status, text } = await dev.call('GET', '/v1/project/support-bot');
      expect(status).toBe(400);
      const issue = '[{"validation":"uuid","code":"invalid_string","message":"Invalid uuid","path":["id",0]}]';
      expect(text.startsWith(JSON.stringify(JSON.parse(issue), null, 2))).toBe(true);
      expect(text).toMatch(/\] \[user_email=.*\] \[user_org=Acme Dev\] \[timestamp=[\d.]+\] \[request_id=.*\]$/);
    });
  });
});
