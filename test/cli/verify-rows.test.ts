import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Shown } from '../support/emulator-client.ts';
import { VerifyFixture } from '../support/verify-fixture.ts';

const LOGS = 'logs."Support bot"';

let acme: VerifyFixture;
beforeEach(async () => {
  acme = await VerifyFixture.start();
});
afterEach(() => acme.close());

describe('what rows refer to', () => {
  const origin = (id: string) => ({ object_type: 'dataset', object_id: id, id: 'question-1' });

  test('is followed; what nothing in the destination answers to was kept, and is counted', async () => {
    const dataset = await acme.source.object('POST', '/v1/dataset', { project_id: acme.project.id, name: 'Tickets' });
    await acme.log(acme.project.id, { id: 'known', input: 1, origin: origin(dataset.id) });
    await acme.log(acme.project.id, { id: 'unknown', input: 1, origin: origin(randomUUID()) });
    await acme.apply();
    for (const level of ['hash', 'content']) {
      const { code, item } = await acme.verify('--level', level);
      expect(code).toBe(0);
      expect(item(LOGS)).toMatchObject({ symbol: '=', references: { followed: 2, broken: 0, kept: 1 } });
    }
    expect((await acme.run('verify')).stdout).toMatch(/1 of rows were kept, because nothing there answers to them/);
  });

  test('differs where the object is gone, although every row is as it was written', async () => {
    const dataset = await acme.source.object('POST', '/v1/dataset', { project_id: acme.project.id, name: 'Tickets' });
    await acme.log(acme.project.id, { id: 'answer', input: 1, origin: origin(dataset.id) });
    await acme.apply();
    const [copied] = await acme.destination.list('/v1/dataset');
    await acme.destination.object('DELETE', `/v1/dataset/${copied?.id}`);
    const { code, item } = await acme.verify();
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({
      symbol: '*',
      references: { followed: 1, broken: 1 },
      first_difference: {
        row: 'answer',
        path: 'origin.object_id',
        reference: `dataset:${copied?.id}`,
        leads_to: 'nothing',
      },
    });
  });

  test('differs where it is still the source’s, because a version that forgot such rows copied them', async () => {
    const prompt = await acme.source.object('POST', '/v1/prompt', {
      project_id: acme.project.id,
      name: 'Triage',
      slug: 'triage',
      prompt_data: { prompt: { type: 'completion', content: 'Sort this ticket.' } },
    });
    const elsewhere = randomUUID();
    await acme.log(acme.project.id, {
      id: 'answer',
      input: 1,
      metadata: { prompt: { id: prompt.id, project_id: elsewhere } },
    });
    await acme.apply('resources: { include: [projects, logs] }\n');
    const state = new Database(join(acme.cli.folder, 'bt-migrate.state.db'));
    state.exec('DELETE FROM unresolved_reference');
    state.close();
    await acme.apply();
    const { code, item } = await acme.verify();
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({
      symbol: '*',
      first_difference: {
        row: 'answer',
        path: 'metadata.prompt.id',
        reference: `prompt:${prompt.id}`,
        leads_to: 'source',
      },
    });
    expect((await acme.run('verify')).stdout).toContain(
      `row answer, metadata.prompt.id refers to prompt:${prompt.id}, which is an object of the source`,
    );
  });

  test('differs where somebody pins a version of it in the destination', async () => {
    const dataset = await acme.source.object('POST', '/v1/dataset', { project_id: acme.project.id, name: 'Tickets' });
    await acme.log(acme.project.id, { id: 'answer', input: 1, origin: origin(dataset.id) });
    await acme.apply();
    const [copied] = await acme.destination.list('/v1/dataset');
    const pinned = { ...origin(copied?.id as string), _xact_id: '1000192656880881099' };
    const row = { project_id: await acme.there(), log_id: 'g', id: 'answer', input: 1, origin: pinned };
    await acme.destination.object('POST', '/logs3', { rows: [row], api_version: 2 });
    const { code, item } = await acme.verify();
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({ first_difference: { row: 'answer', path: 'origin._xact_id' } });
  });
});

describe('counting', () => {
  /** Requests for rows and counts that a run of verify sends, both sides. */
  async function requests(): Promise<number> {
    acme.emulator.requests.clear();
    expect((await acme.run('verify', '--level', 'count')).code).toBe(9);
    return acme.emulator.requests.all().filter(({ path }) => path === '/btql').length;
  }

  test('finds the time of what is missing in many containers with as many requests as in one', async () => {
    for (let n = 0; n < 12; n += 1) {
      const { id } = await acme.source.object('POST', '/v1/project', { name: `Bot ${n}` });
      for (const day of [12, 20])
        await acme.log(id, { id: `row-${day}`, created: `2026-01-${day}T00:00:00Z`, input: n });
    }
    await acme.apply();
    const copies = (await acme.destination.list('/v1/project')).filter(({ name }) => String(name).startsWith('Bot'));
    const loseRow = ({ id }: Shown): Promise<Shown> =>
      acme.destination.object('POST', '/logs3', {
        rows: [{ project_id: id, log_id: 'g', id: 'row-20', _object_delete: true }],
        api_version: 2,
      });
    await loseRow(copies[0] as Shown);
    const one = await requests();
    for (const copy of copies.slice(1)) await loseRow(copy);
    expect(await requests()).toBe(one);
    const { item } = await acme.verify('--level', 'count', '--combined', 'verified.txt');
    for (let n = 0; n < 12; n += 1) {
      const first = item(`logs."Bot ${n}"`)?.first_difference as { created_after: string; created_before: string };
      expect(Date.parse(first.created_after)).toBeLessThanOrEqual(Date.UTC(2026, 0, 20));
      expect(Date.parse(first.created_before)).toBeGreaterThan(Date.UTC(2026, 0, 20));
    }
  });
});
