import { BtMigrateError } from '../domain/errors.ts';
import type { Failure } from './failure.ts';
import { AnswerTooLarge } from './read-body.ts';

const NEVER_CONNECTED = /^(?:ECONNREFUSED|ENOTFOUND|EAI_[A-Z]+|UND_ERR_CONNECT_TIMEOUT|UND_ERR_PRX_TLS)$/;
const UNTRUSTED = /^(?:CERT_|ERR_TLS_CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH$)/;
const TIMEOUT = /^(?:UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT|ETIMEDOUT)$/;

/**
 * Tells what an error thrown while sending or reading means; only errors before the sending leave a write undone.
 * Undefined for an error that neither the network nor the answer caused.
 */
export function classifyNetworkError(error: unknown): Failure | undefined {
  if (error instanceof BtMigrateError) {
    return {
      code: error.code,
      what: `gave an answer that cannot be used. ${error.detail}`,
      hint: error.hint,
      repeat: error instanceof AnswerTooLarge ? 'never' : 'failed',
      effect: 'unknown',
      load: 'unknown',
      answer: null,
      cause: error,
    };
  }
  const code = codeOf(error);
  if (code === '') return undefined;
  const untrusted = UNTRUSTED.test(code);
  return {
    code: 'BTM_UNREACHABLE',
    what: `got no answer: ${messageOf(error, code)}`,
    hint: untrusted
      ? 'If the server uses a certificate of your own authority, name its file in NODE_EXTRA_CA_CERTS.'
      : 'Check the url, the network and the proxy settings; then run the same command again.',
    repeat: untrusted ? 'never' : 'failed',
    effect: untrusted || neverSent(error, code) ? 'none' : 'unknown',
    load: TIMEOUT.test(code) ? 'congested' : 'unknown',
    answer: null,
    cause: error,
  };
}

function neverSent(error: unknown, code: string): boolean {
  if (NEVER_CONNECTED.test(code)) return true;
  if (error instanceof AggregateError) return error.errors.every((one: unknown) => neverSent(one, codeOf(one)));
  const { syscall, message } = error as NodeJS.ErrnoException;
  // undici has no code of its own for a proxy that refuses the tunnel.
  return syscall === 'connect' || syscall === 'getaddrinfo' || message.includes('HTTP Tunneling');
}

function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

function messageOf(error: unknown, code: string): string {
  // OpenSSL ends its messages with a line break.
  const text = error instanceof Error && error.message !== '' ? error.message.trim() : 'the connection failed';
  return text.includes(code) ? text : `${text} (${code})`;
}
