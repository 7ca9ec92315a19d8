/** Classes of requests that latency and rate limits tell apart. */
export type RouteClass = 'btql' | 'fetch' | 'write_rows' | 'list' | 'read' | 'write' | 'blob' | 'login';

/** The class of a request by method and path. */
export function routeClass(method: string, path: string): RouteClass {
  if (path === '/btql' || path.startsWith('/btql/')) return 'btql';
  if (path.endsWith('/fetch')) return 'fetch';
  if (path.startsWith('/logs3') || /\/(insert|feedback)$/.test(path)) return 'write_rows';
  if (path.startsWith('/attachment') || path.startsWith('/object-store/')) return 'blob';
  if (path === '/api/apikey/login') return 'login';
  if (method !== 'GET') return 'write';
  return /^\/v1\/[a-z_]+$|^\/environment$|^\/v1\/acl\/list_org$/.test(path) ? 'list' : 'read';
}
