import { ApiError } from '../api-error.ts';
import { jsonReply, textReply } from '../http/write-reply.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { Fields } from '../store/object-table.ts';

/** Login and the small endpoints that need no object (fact sheet 1.2, 1.3). */
export const loginRoutes: readonly Route[] = [
  { method: 'POST', path: '/api/apikey/login', auth: 'key', handle: login },
  { method: 'GET', path: '/v1', auth: 'none', handle: () => textReply('Hello, World!') },
  { method: 'GET', path: '/', auth: 'none', handle: () => textReply('Hello, World!') },
  { method: 'GET', path: '/status', auth: 'none', handle: () => jsonReply({ status: 'ok' }) },
  { method: 'GET', path: '/ping', auth: 'key', handle: ping },
];

/** Every org of the key; api_url and proxy_url are this server, unless the org was given its own. */
function login({ orgs, world, origin }: RequestContext): Reply {
  const info = orgs.map((org) => {
    const fields: Fields = world.tenants.organizations.live(org.id)?.fields ?? {};
    return {
      id: org.id,
      name: org.name,
      api_url: fields.api_url ?? origin,
      git_metadata: null,
      is_universal_api: fields.is_universal_api ?? null,
      proxy_url: fields.proxy_url ?? origin,
      realtime_url: fields.realtime_url ?? 'wss://realtime.braintrustapi.com',
    };
  });
  return jsonReply({ org_info: info });
}

function ping({ user, org, world }: RequestContext): Reply {
  if (!world.switches.servesPing) throw new ApiError(404, 'Not found');
  return jsonReply({ ...user, organizations: [{ id: org.id, name: org.name }] });
}
