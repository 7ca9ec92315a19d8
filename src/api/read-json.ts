import { BtMigrateError } from '../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import { parseJson } from '../domain/parse-json.ts';
import { PROXY_HINT } from './classify-answer.ts';
import type { HttpAnswer } from './http-client.ts';
import { isHtml } from './server-text.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a JSON answer without losing numbers or characters.
 * @throws BTM_RESPONSE_UNREADABLE when it is a web page, not JSON, or not UTF-8.
 */
export function readJson(answer: HttpAnswer): Json {
  let text: string;
  try {
    text = UTF8.decode(answer.body);
  } catch (cause) {
    throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', { detail: 'The answer is not valid UTF-8.', cause });
  }
  refuseWebPage(answer, text);
  return parseJson(text);
}

/** For an answer of which nothing is needed. @throws BTM_RESPONSE_UNREADABLE when something else than the API gave it. */
export function refuseWebPage({ status, headers, body }: HttpAnswer, text = body.toString('latin1')): void {
  if (!isHtml(headers.get('content-type') ?? '', text)) return;
  throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: `Expected JSON, got a web page (status ${status}).`,
    hint: PROXY_HINT,
  });
}

/** Reads a JSON object; an empty answer is an empty object. */
export function readObject(answer: HttpAnswer): JsonObject {
  if (answer.body.length === 0) return {};
  const value = readJson(answer);
  if (isObject(value)) return value;
  throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', { detail: 'Expected a JSON object, got another JSON value.' });
}

/** Reads a list in either of its envelopes: `{"objects": […]}` or a bare array (fact sheet 2.1, 2.3). */
export function readObjects(answer: HttpAnswer): readonly JsonObject[] {
  const value = readJson(answer);
  const items = isObject(value) ? value.objects : value;
  if (Array.isArray(items) && (items as readonly Json[]).every((item) => isObject(item))) {
    return items as readonly JsonObject[];
  }
  throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: 'Expected a list of objects, got JSON of another shape.',
    hint: PROXY_HINT,
  });
}
