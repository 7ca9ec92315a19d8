import { isLoopbackHttp } from '../domain/base-url.ts';
import type { RequestBody } from './http-client.ts';

/** What stands for a signed address in events and messages: the address itself is a credential. */
export const SIGNED_PLACE = '(object store)';

/** A request to an address that the API signed; it carries no key. */
export interface SignedRequest {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody | undefined;
}

/** Headers that only this client may set, whatever came along with a signed address. */
const OURS = new Set([
  'authorization',
  'content-length',
  'connection',
  'cookie',
  'expect',
  'host',
  'transfer-encoding',
]);

/**
 * The address as a URL when data may go there: https, or plain http on this machine when the API is there too. Relative
 * addresses are taken from `from`. Undefined otherwise.
 */
export function signedAddress(text: string, from: URL): URL | undefined {
  if (!URL.canParse(text, from.href)) return undefined;
  const url = new URL(text, from);
  return url.protocol === 'https:' || (isLoopbackHttp(url) && isLoopbackHttp(from)) ? url : undefined;
}

/** The headers that go with an upload to a signed address; Azure wants one more (fact sheet 4.5, 6). */
export function uploadHeaders(address: string, given: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  if (typeof given === 'object' && given !== null) {
    for (const [name, value] of Object.entries(given)) {
      if (typeof value === 'string' && !OURS.has(name.toLowerCase())) headers[name.toLowerCase()] = value;
    }
  }
  if (/^https:\/\/[^/?#]+\.blob\.core\.[^/?#]+/i.test(address)) headers['x-ms-blob-type'] ??= 'BlockBlob';
  return headers;
}
