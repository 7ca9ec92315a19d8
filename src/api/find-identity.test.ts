import { afterEach, describe, expect, test } from 'vitest';
import { ACME_KEY, apiFixture } from '../../test/support/api-fixture.ts';
import {
  type Reply,
  type ScriptedServer,
  type SeenRequest,
  startScriptedServer,
} from '../../test/support/scripted-server.ts';
import { Secret } from '../domain/secret.ts';
import type { OrgRef } from '../domain/spec.ts';
import { openReader } from './open-org.ts';

const ACME_DEV = {
  id: 'org-1',
  name: 'Acme Dev',
  api_url: 'https://elsewhere.example',
  proxy_url: 'https://elsewhere.example',
};
const ACME_PROD = { id: 'org-2', name: 'Acme Prod', api_url: 'https://elsewhere.example' };

let server: ScriptedServer;
afterEach(() => server.close());

async function identify(answer: (request: SeenRequest) => Reply, org: Partial<OrgRef> = {}, basePath = '') {
  server = await startScriptedServer(answer);
  const { options } = apiFixture(server.url);
  const reader = openReader({ ...options, org: { ...options.org, url: server.url + basePath, ...org } });
  try {
    return await reader.identity();
  } finally {
    await reader.close();
  }
}

const login =
  (...orgs: readonly unknown[]) =>
  (): Reply => ({ body: { org_info: orgs } });

describe('identity', () => {
  test('is the only organization of the key, and the address that login names is not followed', async () => {
    expect(await identify(login(ACME_DEV), {}, '/base/')).toEqual({
      orgId: 'org-1',
      orgName: 'Acme Dev',
      url: `${server.url}/base`,
    });
    expect(server.seen).toMatchObject([
      { method: 'POST', path: '/base/api/apikey/login', headers: { authorization: `Bearer ${ACME_KEY}` }, body: '' },
    ]);
  });

  test('is the organization that the spec names', async () => {
    expect(await identify(login(ACME_DEV, ACME_PROD), { org: 'Acme Prod' })).toMatchObject({ orgId: 'org-2' });
  });

  test('is asked for when the key has several organizations', async () => {
    await expect(identify(login(ACME_DEV, ACME_PROD))).rejects.toMatchObject({
      code: 'BTM_SPEC_INVALID',
      detail: expect.stringContaining('"Acme Dev", "Acme Prod"'),
      hint: expect.stringContaining('source.org'),
    });
  });

  test('is refused when the key does not see the named organization', async () => {
    await expect(identify(login(ACME_DEV), { org: 'Acme Prod' })).rejects.toMatchObject({
      code: 'BTM_PERMISSION_DENIED',
      detail: expect.stringMatching(/does not see the organization "Acme Prod".*It sees: "Acme Dev"/),
    });
  });

  test('is refused when the key has no organization', async () => {
    await expect(identify(login())).rejects.toMatchObject({ code: 'BTM_PERMISSION_DENIED' });
  });

  test.each([404, 405])('is looked up in the list of organizations when login answers %d', async (status) => {
    const answer = ({ path }: SeenRequest): Reply =>
      path === '/v1/organization'
        ? { body: { objects: [{ id: 'org-2', name: 'Acme Prod' }] } }
        : { status, headers: { 'content-type': 'text/html' }, body: '<pre>Cannot POST /api/apikey/login</pre>' };
    expect(await identify(answer, { org: 'Acme Prod' })).toMatchObject({ orgId: 'org-2' });
    expect(server.seen[1]?.query.toString()).toBe('org_name=Acme+Prod');
  });

  test('is not guessed from an answer of another shape', async () => {
    await expect(identify(() => ({ body: { org_info: [{ id: 7 }] } }))).rejects.toMatchObject({
      code: 'BTM_RESPONSE_UNREADABLE',
    });
  });

  test('is asked for once, however many calls need it, and again after a failure', async () => {
    let works = false;
    server = await startScriptedServer(() =>
      works ? { body: { org_info: [ACME_DEV] } } : { status: 401, body: 'no' },
    );
    const reader = openReader(apiFixture(server.url).options);
    await expect(reader.identity()).rejects.toMatchObject({ code: 'BTM_CREDENTIALS_REJECTED' });
    works = true;
    await Promise.all([reader.identity(), reader.identity(), reader.identity()]);
    expect(server.seen).toHaveLength(2);
    expect(reader.requestsSent()).toBe(2);
    await reader.close();
  });
});

describe('opening', () => {
  const org = { apiKey: new Secret(ACME_KEY, 'BT_SOURCE_API_KEY') };

  test.each([
    ['http://api.braintrust.dev', 'unencrypted'],
    ['http://127.0.0.1.example.com', 'unencrypted'],
    ['ftp://localhost', 'unencrypted'],
    ['https://ann:pw@api.braintrust.dev', 'user name or a password'],
    ['https://api.braintrust.dev?key=1', 'query'],
    ['api.braintrust.dev', 'not a URL'],
  ])('refuses the url %s', (url, why) => {
    const { options } = apiFixture(url);
    expect(() => openReader({ ...options, org: { ...options.org, ...org, url } })).toThrowError(
      expect.objectContaining({ code: 'BTM_SPEC_INVALID', detail: expect.stringContaining(why) }),
    );
  });

  test.each(['http://localhost:8000', 'http://127.0.0.1', 'http://[::1]:80/', 'https://bt.acme.internal/api'])(
    'accepts the url %s',
    async (url) => {
      const { options } = apiFixture(url);
      await openReader(options).close();
    },
  );

  test('names the variable that should hold the key', () => {
    const { options } = apiFixture('https://api.braintrust.dev');
    expect(() => openReader({ ...options, org: { ...options.org, apiKey: undefined } })).toThrowError(
      expect.objectContaining({
        code: 'BTM_CREDENTIALS_MISSING',
        detail: expect.stringContaining('$BT_SOURCE_API_KEY'),
      }),
    );
  });

  test('does not send a key that cannot be one, and does not show it', () => {
    const { options } = apiFixture('https://api.braintrust.dev');
    const apiKey = new Secret('sk-acme\nx-injected: 1', 'BT_SOURCE_API_KEY');
    expect(() => openReader({ ...options, org: { ...options.org, apiKey } })).toThrowError(
      expect.objectContaining({
        code: 'BTM_CREDENTIALS_REJECTED',
        message: expect.not.stringContaining('sk-acme'),
      }),
    );
  });
});
