import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, EmulatorClient } from '../../test/support/emulator-client.ts';
import { type Emulator, startEmulator } from '../start-emulator.ts';

const NOWHERE = '00000000-0000-4000-8000-000000000000';

describe('orgs beside one another', () => {
  let emulator: Emulator;
  let dev: EmulatorClient;
  let prod: EmulatorClient;
  let both: EmulatorClient;
  let project_id: string;

  beforeAll(async () => {
    emulator = await startEmulator({
      orgs: [
        { name: 'Acme Dev', key: 'sk-dev' },
        { name: 'Acme Prod', key: 'sk-prod' },
        { name: 'Acme Dev', key: 'sk-both' },
        { name: 'Acme Prod', key: 'sk-both' },
      ],
    });
    dev = clientOf(emulator, 'Acme Dev');
    prod = clientOf(emulator, 'Acme Prod');
    both = new EmulatorClient(emulator.url, 'sk-both');
    project_id = (await dev.object('POST', '/v1/project', { name: 'Support bot' })).id;
  });
  afterAll(async () => {
    await emulator.close();
  });

  test('one org sees nothing of another, neither in lists nor by id nor as a reference', async () => {
    const foreign = await prod.object('POST', '/v1/project', { name: 'Support bot' });
    expect(foreign.id).not.toBe(project_id);
    expect((await dev.list('/v1/project')).map(({ id }) => id)).not.toContain(foreign.id);
    expect((await dev.call('GET', `/v1/project/${foreign.id}`)).status).toBe(403);
    expect((await dev.call('PATCH', `/v1/project/${foreign.id}`, { description: 'x' })).status).toBe(400);
    const dataset = await prod.object('POST', '/v1/dataset', { project_id: foreign.id, name: 'Foreign' });
    const reference = await dev.call('POST', '/v1/experiment', { project_id, name: 'Thief', dataset_id: dataset.id });
    expect([reference.status, reference.text]).toEqual([
      400,
      expect.stringContaining('Missing read access to dataset id'),
    ]);
    expect((await dev.call('GET', '/v1/project?org_name=Acme%20Prod')).status).toBe(403);
  });

  test('a key of two orgs lists both, narrows by name, and must say where to create', async () => {
    const login = (await both.object('POST', '/api/apikey/login')) as unknown as { org_info: { name: string }[] };
    expect(login.org_info.map(({ name }) => name)).toEqual(['Acme Dev', 'Acme Prod']);
    const orgs = new Set((await both.list('/v1/project')).map(({ org_id }) => org_id));
    expect(orgs.size).toBe(2);
    expect(new Set((await both.list('/v1/project?org_name=Acme%20Prod')).map(({ org_id }) => org_id)).size).toBe(1);
    expect((await both.call('POST', '/v1/project', { name: 'Where' })).status).toBe(400);
    const placed = await both.object('POST', '/v1/project', { name: 'There', org_name: 'Acme Prod' });
    expect((await prod.object('GET', `/v1/project/${placed.id}`)).name).toBe('There');
  });

  test('with the switch, an id of another org is found at any depth, and the own ones pass', async () => {
    const strict = await startEmulator({ switches: { nestedReferencesChecked: true } });
    const [here, there] = [clientOf(strict, 'Acme Dev'), clientOf(strict, 'Acme Prod')];
    const own = await here.object('POST', '/v1/project', { name: 'Support bot' });
    const foreign = await there.object('POST', '/v1/project', { name: 'Support bot' });
    const write = (id: string) =>
      here.call('POST', '/v1/prompt', {
        project_id: own.id,
        name: 'Triage',
        slug: 'triage',
        prompt_data: { tool_functions: [{ type: 'function', id }] },
      });
    expect((await write(own.id)).status).toBe(200);
    expect((await write(NOWHERE)).status).toBe(200);
    const refused = await write(foreign.id);
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('Missing read access to project id')]);
    await strict.close();
  });

  test('an org with a name beyond ASCII is picked by its bytes', async () => {
    const own = await startEmulator({ orgs: [{ name: 'Acme Zürich', key: 'sk-zurich' }] });
    const header = { 'x-bt-org-name': Buffer.from('Acme Zürich').toString('latin1') };
    expect((await clientOf(own).call('GET', '/v1/project', undefined, header)).status).toBe(200);
    expect((await clientOf(own).call('GET', '/v1/project?org_name=Acme%20Z%C3%BCrich')).status).toBe(200);
    expect((await clientOf(own).call('GET', '/v1/project?org_name=Acme')).status).toBe(403);
    await own.close();
  });

  test('a wrong key is refused in the recorded words', async () => {
    const { status, text } = await dev.call('POST', '/api/apikey/login', undefined, {
      authorization: 'Bearer wrong',
    });
    expect(status).toBe(401);
    expect(text).toMatch(
      /^Failed to validate Cognito JWT: Error: JWT string .* \[timestamp=[\d.]+\] \[request_id=[^\]]+\]$/,
    );
  });
});
