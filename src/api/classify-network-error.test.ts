import { expect, test } from 'vitest';
import { classifyNetworkError } from './classify-network-error.ts';

function failed(code: string, syscall?: string): Error {
  return Object.assign(new Error('it failed'), { code }, syscall === undefined ? {} : { syscall });
}

test.each([
  [failed('ECONNREFUSED', 'connect'), 'none', 'failed'],
  [failed('ENOTFOUND', 'getaddrinfo'), 'none', 'failed'],
  [failed('EHOSTUNREACH', 'connect'), 'none', 'failed'],
  [failed('UND_ERR_CONNECT_TIMEOUT'), 'none', 'failed'],
  [Object.assign(new AggregateError([failed('EHOSTUNREACH', 'connect')]), { code: 'EHOSTUNREACH' }), 'none', 'failed'],
  [failed('DEPTH_ZERO_SELF_SIGNED_CERT'), 'none', 'never'],
  [failed('ERR_TLS_CERT_ALTNAME_INVALID'), 'none', 'never'],
  [failed('CERT_HAS_EXPIRED'), 'none', 'never'],
  [failed('ECONNRESET', 'read'), 'unknown', 'failed'],
  [failed('EPIPE', 'write'), 'unknown', 'failed'],
  [failed('UND_ERR_SOCKET'), 'unknown', 'failed'],
  [failed('UND_ERR_HEADERS_TIMEOUT'), 'unknown', 'failed'],
  [failed('EPROTO', 'write'), 'unknown', 'failed'],
])('%o leaves a write with effect %s and is repeated: %s', (error, effect, repeat) => {
  expect(classifyNetworkError(error)).toMatchObject({ code: 'BTM_UNREACHABLE', effect, repeat, answer: null });
});

test('only waiting in vain tells of congestion', () => {
  expect(classifyNetworkError(failed('UND_ERR_BODY_TIMEOUT'))?.load).toBe('congested');
  expect(classifyNetworkError(failed('ECONNRESET', 'read'))?.load).toBe('unknown');
});

test('an untrusted certificate leads to the variable that names one', () => {
  expect(classifyNetworkError(failed('SELF_SIGNED_CERT_IN_CHAIN'))?.hint).toContain('NODE_EXTRA_CA_CERTS');
});

test('a mistake of ours is nobody else’s failure', () => {
  expect(classifyNetworkError(new TypeError('x is not a function'))).toBeUndefined();
});
