import { isObject, type Json } from '../domain/json.ts';
import { parseJson } from '../domain/parse-json.ts';

const LONGEST = 2048;
const MASK = '[secret]';

/** What the server adds behind its messages: who called, when, and an id (fact sheet 1.5). */
const TAIL = /\s*\[(?:user_email|user_id|user_org|timestamp|request_id)=[^\]]*\]/g;
const REQUEST_ID = /\[request_id=([^\]\s]+)\]/;
const EMAIL = /[^\s@"'<>()[\]{},;:=]+@[^\s@"'<>()[\]{},;:=]+\.[A-Za-z]{2,}/g;
const KEY_SHAPE = /\b(?:sk|bt-st|bt-ik)-[A-Za-z0-9_-]{6,}|\bBearer\s+[^\s"']+/g;
const URL_QUERY = /(https?:\/\/[^\s"'<>?]+)\?[^\s"'<>]+/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a server's text must not steer the terminal it is shown on.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
const SECRET_FIELD = /secret|value|token|key|password|credential|authorization|url/i;
const SHORTEST_SECRET = 6;

/** True when an answer is a web page: something between us and the API wrote it. */
export function isHtml(contentType: string, text: string): boolean {
  return contentType.includes('text/html') || /^\s*<(?:!doctype|html|head|body|\?xml)/i.test(text);
}

/**
 * The message in an error body (JSON `Message`, `message`, `error`, `details`, or plain text; fact sheet 1.5), fit to
 * be shown and logged: one line, at most 2 kB, without caller, e-mail addresses, keys, url queries and `secrets`.
 */
export function cleanServerText(contentType: string, body: string, secrets: readonly string[]): string {
  const message = isHtml(contentType, body) ? pageTitle(body) : (jsonMessage(body) ?? body);
  let text = message.replace(TAIL, '');
  for (const secret of secrets) text = text.replaceAll(secret, MASK);
  text = text
    .replace(KEY_SHAPE, MASK)
    .replace(URL_QUERY, `$1?${MASK}`)
    .replace(EMAIL, '[e-mail]')
    .replace(CONTROL, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}

/** The id under which the server logged the request: its trace header, or the tail of its message. */
export function findRequestId(traceHeader: string | undefined, body: string): string | undefined {
  return traceHeader ?? REQUEST_ID.exec(body)?.[1];
}

/** The strings in a request body that a server's answer might repeat and nobody may see. */
export function secretsOf(value: Json | undefined, found: string[] = []): string[] {
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) secretsOf(item, found);
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (typeof item !== 'string') secretsOf(item, found);
      else if (SECRET_FIELD.test(key) && item.length >= SHORTEST_SECRET) found.push(item);
    }
  }
  return found;
}

function jsonMessage(body: string): string | undefined {
  if (!/^\s*\{/.test(body)) return undefined;
  try {
    return messageIn(parseJson(body));
  } catch {
    return undefined;
  }
}

function messageIn(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (!isObject(value)) return undefined;
  for (const name of ['Message', 'message', 'error', 'details', 'detail', 'Code']) {
    const message = messageIn(value[name]);
    if (message !== undefined) return message;
  }
  return undefined;
}

function pageTitle(html: string): string {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(html)?.[1] ?? /<(?:h1|pre)[^>]*>([^<]*)</i.exec(html)?.[1];
  return `a web page${title === undefined ? '' : ` titled "${title.trim()}"`}`;
}
