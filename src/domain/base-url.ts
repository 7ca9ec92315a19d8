import { BtMigrateError } from './errors.ts';
import type { Side } from './event.ts';

/**
 * Reads the address of an API: https, or http to this machine only (contract section 3, Keys). A base path is kept,
 * a trailing slash is not.
 * @throws BTM_SPEC_INVALID naming the side and what is wrong with its url.
 */
export function parseBaseUrl(text: string, side: Side): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw invalid(side, `"${text}" is not a URL.`);
  if (url.username !== '' || url.password !== '') throw invalid(side, 'It must not hold a user name or a password.');
  if (url.search !== '' || url.hash !== '') throw invalid(side, `"${text}" has a query or a fragment.`);
  if (url.protocol !== 'https:' && !isLoopbackHttp(url)) {
    throw invalid(side, `"${text}" would send the API key unencrypted; plain http is only used to this machine.`);
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

/** True for `http://` to an address that never leaves this machine. */
export function isLoopbackHttp(url: URL): boolean {
  if (url.protocol !== 'http:') return false;
  const { hostname } = url;
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d+){3}$/.test(hostname)
  );
}

/** The base URL as people write it, without the slash that a URL without a path gets. */
export function formatBaseUrl(url: URL): string {
  return url.href.replace(/\/+$/, '');
}

function invalid(side: Side, why: string): BtMigrateError {
  return new BtMigrateError('BTM_SPEC_INVALID', {
    detail: `The url of the ${side} cannot be used. ${why}`,
    hint: `Write ${side}.url as https://HOST, for example https://api.braintrust.dev.`,
  });
}
