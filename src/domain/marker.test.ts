import { describe, expect, test } from 'vitest';
import { type Marker, type MarkerName, markerText } from './marker.ts';
import { parseJson } from './parse-json.ts';

const NAMES: readonly MarkerName[] = ['$ref', '$version', '$missing', '$pin', '$secret', '$from_source'];

const markers: readonly Marker[] = [
  { $ref: 'prompt.Support-bot.triage' },
  { $version: 'dataset.Support-bot.golden' },
  { $missing: 'function:6e0b1f9c-0000-4000-8000-000000000001' },
  { $pin: 'prompt.Support-bot.triage@1000196129554423269' },
  { $secret: 'PROD_OPENAI_API_KEY' },
  { $from_source: 'config.action.url', digest: 'sha256:00' },
];

describe('markerText', () => {
  test.each(markers)('reads %j by its own name and by no other', (marker) => {
    const [own] = Object.keys(marker) as MarkerName[];
    for (const name of NAMES) {
      expect(markerText({ ...marker }, name)).toBe(name === own ? Object.values(marker)[0] : undefined);
    }
  });

  test.each([
    '{"$ref":"prompt.Support-bot.triage","description":"x"}',
    '{"$ref":1}',
    '{"$ref":1.0}',
    '{"$ref":{"$ref":"prompt.a"}}',
    '{"$from_source":"config.url"}',
    '["$ref"]',
    '"$ref"',
    'null',
    '1.0',
    '{}',
  ])('takes %s for user data', (text) => {
    for (const name of NAMES) expect(markerText(parseJson(text), name)).toBeUndefined();
  });

  test('takes an absent value for no marker', () => {
    expect(markerText(undefined, '$ref')).toBeUndefined();
  });
});
