import { describe, expect, test } from 'vitest';
import { cleanServerText, findRequestId, isHtml, secretsOf } from './server-text.ts';

const clean = (body: string, secrets: readonly string[] = []): string => cleanServerText('text/plain', body, secrets);

describe('the words of a server', () => {
  test.each([
    ['{"Code":"ForbiddenError","Message":"Missing read access","Service":"api"}', 'Missing read access'],
    ['{"message":"Extraneous key [project_id]"}', 'Extraneous key [project_id]'],
    ['{"error":{"message":"slug already exists"}}', 'slug already exists'],
    ['{"details":"over quota"}', 'over quota'],
    ['{"Code":"InternalServerError","Path":"/btql"}', 'InternalServerError'],
    ['{"unexpected":true}', '{"unexpected":true}'],
    ['{broken', '{broken'],
    ['', ''],
    [
      '[{"code":"invalid_string",\n  "message":"Invalid uuid"}]',
      '[{"code":"invalid_string", "message":"Invalid uuid"}]',
    ],
  ])('in %s are found', (body, text) => {
    expect(clean(body)).toBe(text);
  });

  test('lose who called, when, and addresses of people', () => {
    const body = 'No access [user_email=ann@dev.example] [user_org=Acme Dev] [timestamp=1.5] [request_id=iad1::4]';
    expect(clean(body)).toBe('No access');
    expect(clean('Cannot invite bob.b+x@dev.example: unknown')).toBe('Cannot invite [e-mail]: unknown');
  });

  test('lose keys and signatures, also those nobody named', () => {
    expect(clean('Bad key sk-live-abcdef0123 for Bearer abc.def')).toBe('Bad key [secret] for [secret]');
    expect(clean('GET https://store.example/a?X-Sig=abc failed')).toBe('GET https://store.example/a?[secret] failed');
    expect(clean('Invalid value hunter22', ['hunter22'])).toBe('Invalid value [secret]');
  });

  test('cannot steer a terminal and stay on one line', () => {
    expect(clean('\u001b[2Jgone\r\n\tnext\u0000\u2028line')).toBe('[2Jgone next line');
  });

  test('are bounded', () => {
    expect(clean('x'.repeat(5000))).toHaveLength(2049);
  });
});

test('a web page is told by its type or its beginning', () => {
  expect(isHtml('text/html; charset=utf-8', 'Sign in')).toBe(true);
  expect(isHtml('', '\n<!DOCTYPE html><p>')).toBe(true);
  expect(isHtml('application/json', '{"a":"<html>"}')).toBe(false);
});

test('the request id comes from the trace header, else from the tail', () => {
  expect(findRequestId('trace-1', 'x [request_id=iad1::4]')).toBe('trace-1');
  expect(findRequestId(undefined, 'x [request_id=iad1::4]')).toBe('iad1::4');
  expect(findRequestId(undefined, 'x')).toBeUndefined();
});

test('secrets are found in a body at any depth, and ordinary names are not', () => {
  const body = {
    name: 'OPENAI_API_KEY',
    secret: 'proj-abcdef',
    metadata: { providers: [{ apiKey: 'key-123456', model: 'gpt-4o' }] },
    config: { action: { url: 'https://hooks.example/T0/B0' } },
    value: 'short',
  };
  expect(secretsOf(body)).toEqual(['proj-abcdef', 'key-123456', 'https://hooks.example/T0/B0']);
  expect(secretsOf(undefined)).toEqual([]);
});
