import type { ErrorCode } from '../domain/errors.ts';
import type { Failure } from './failure.ts';
import type { HttpAnswer } from './http-client.ts';
import { parseRetryAfter } from './retry-after.ts';
import { cleanServerText, findRequestId, isHtml } from './server-text.ts';

export interface AnswerContext {
  readonly now: number;
  /** Variable that holds the key, for messages. */
  readonly keyName: string;
  /** Strings that must not be shown although the server may repeat them. */
  readonly secrets: readonly string[];
}

interface Verdict {
  readonly code: ErrorCode;
  readonly repeat: Failure['repeat'];
  readonly effect: Failure['effect'];
  readonly load?: Failure['load'];
  readonly what?: string;
  readonly hint?: string;
}

/** Tells what an answer other than success means, from its status and body (fact sheet 1.5, 1.6). */
export function classifyAnswer(answer: HttpAnswer, context: AnswerContext): Failure | undefined {
  if (answer.status >= 200 && answer.status < 300) return undefined;
  const body = answer.body.toString('utf8');
  const contentType = answer.headers.get('content-type') ?? '';
  const serverText = cleanServerText(contentType, body, context.secrets);
  const verdict = judge(answer, body, isHtml(contentType, body), context);
  return {
    code: verdict.code,
    what: verdict.what ?? `answered ${answer.status}${serverText === '' ? '' : `: ${serverText}`}`,
    hint: verdict.hint,
    repeat: verdict.repeat,
    effect: verdict.effect,
    load: verdict.load ?? 'normal',
    answer: {
      status: answer.status,
      requestId: findRequestId(answer.headers.get('x-bt-internal-trace-id'), body),
      serverText,
      retryAfterMs: parseRetryAfter(answer.headers.get('retry-after'), context.now),
    },
    cause: undefined,
  };
}

function judge(answer: HttpAnswer, body: string, html: boolean, { keyName }: AnswerContext): Verdict {
  const { status } = answer;
  switch (status) {
    case 401:
      return {
        code: 'BTM_CREDENTIALS_REJECTED',
        repeat: 'never',
        effect: 'none',
        hint: `Check the key in $${keyName}: it may be revoked, incomplete, or belong to another deployment.`,
      };
    case 403:
      if (html) return { code: 'BTM_RESPONSE_UNREADABLE', repeat: 'failed', effect: 'unknown', hint: PROXY_HINT };
      return {
        code: 'BTM_PERMISSION_DENIED',
        repeat: 'never',
        effect: 'none',
        hint: `Give the owner of the key in $${keyName} this permission, or exclude what needs it under resources.`,
      };
    case 408:
    case 425:
      return { code: 'BTM_SERVER_FAILED', repeat: 'failed', effect: 'unknown', load: 'congested' };
    case 421:
      return wrongDeployment(body);
    case 429:
      return {
        code: 'BTM_RATE_LIMITED',
        repeat: 'limited',
        effect: 'none',
        load: 'congested',
        hint: 'Lower limits.parallelism, set limits.requests_per_minute, or ask for a higher limit; then run again.',
      };
    default:
      if (status >= 500) {
        const load = status === 503 || status === 504 ? 'congested' : 'unknown';
        return { code: 'BTM_SERVER_FAILED', repeat: 'failed', effect: 'unknown', load, hint: 'Run again later.' };
      }
      if (status >= 300 && status < 400) return redirected(answer);
      return { code: 'BTM_REQUEST_REJECTED', repeat: 'never', effect: 'none' };
  }
}

export const PROXY_HINT =
  'Something between this machine and the API answered (a proxy, a firewall, a login page), or the url is not that of the API.';

function wrongDeployment(body: string): Verdict {
  const url = safeOrigin(/"RedirectUrl"\s*:\s*"([^"]+)"/i.exec(body)?.[1]);
  return {
    code: 'BTM_WRONG_DEPLOYMENT',
    repeat: 'never',
    effect: 'none',
    what: `answered 421: this organization is served by ${url ?? 'another deployment'}`,
    hint: `Set the url to ${url ?? 'the API address shown under Settings > Data plane'}; the key was sent nowhere else.`,
  };
}

function redirected(answer: HttpAnswer): Verdict {
  const url = safeOrigin(answer.headers.get('location'));
  return {
    code: 'BTM_RESPONSE_UNREADABLE',
    repeat: 'never',
    // 303 is what a server answers after it did what was asked.
    effect: answer.status === 303 ? 'unknown' : 'none',
    what: `answered ${answer.status}, a redirect to ${url ?? 'nowhere'}, which is not followed because the key would go with it`,
    hint: `Set the url to the address of the API itself${url === undefined ? '' : `, if you trust it: ${url}`}.`,
  };
}

/** Scheme, host and path, without anything that may be a credential. */
function safeOrigin(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.origin === 'null' ? undefined : (url.origin + url.pathname).replace(/\/$/, '');
}
