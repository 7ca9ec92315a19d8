import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareAddresses, formatAddress, kindOf, matchesPattern, parseAddress, parsePattern } from './address.ts';
import { RESOURCE_KINDS, STREAM_KINDS } from './kind.ts';

const anyKind = fc.constantFrom('organization' as const, ...RESOURCE_KINDS, ...STREAM_KINDS);
const anySegment = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/),
  fc.constantFrom('*', '', '"', '\\', '.', 'a.b', '\n', '"*"', '{{id}}'),
);
const anyPath = fc.array(anySegment, { minLength: 1, maxLength: 6 });

describe('an address', () => {
  test('reads back as it was written, whatever the names hold', () => {
    fc.assert(
      fc.property(anyKind, anyPath, (kind, path) => {
        const address = formatAddress(kind, path);
        expect(parseAddress(address)).toEqual({ kind, path });
        expect(kindOf(address)).toBe(kind);
      }),
      { numRuns: 1000 },
    );
  });

  test('is one line of text', () => {
    fc.assert(fc.property(anyPath, (path) => !/[\n\r]/.test(formatAddress('prompt', path))));
  });

  test('differs when any segment differs', () => {
    fc.assert(
      fc.property(anyPath, anyPath, (one, other) => {
        const same = formatAddress('prompt', one) === formatAddress('prompt', other);
        expect(same).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  test('quotes only what needs it', () => {
    expect(formatAddress('prompt', ['Support-bot', 'triage'])).toBe('prompt.Support-bot.triage');
    expect(formatAddress('project', ['Support bot'])).toBe('project."Support bot"');
    expect(formatAddress('project', ['*'])).toBe('project."*"');
  });

  test.each([
    ['prompts.Support-bot.triage', '"prompts" is not a kind'],
    ['prompt', 'It has no path'],
    ['', 'is not a kind'],
    ['prompt.', 'from character 7'],
    ['prompt.Support bot', 'from character 15'],
    ['prompt."Support', 'from character 7'],
    ['prompt."\\x"', 'not a JSON string'],
    ['prompt.*.triage', '"*" is only allowed in a pattern'],
  ])('refuses %j', (text, why) => {
    expect(() => parseAddress(text)).toThrowError(
      expect.objectContaining({ code: 'BTM_USAGE', detail: expect.stringContaining(why) }),
    );
  });

  test('sorts by code unit', () => {
    const addresses = ['prompt.b', 'prompt.B', 'project.z', 'prompt."a b"'];
    expect(addresses.sort(compareAddresses)).toEqual(['project.z', 'prompt."a b"', 'prompt.B', 'prompt.b']);
  });
});

describe('a pattern', () => {
  test('matches the address it spells', () => {
    fc.assert(
      fc.property(anyKind, anyPath, (kind, path) => {
        const address = formatAddress(kind, path);
        expect(matchesPattern(parsePattern(address), address)).toBe(true);
      }),
    );
  });

  test('matches any one segment with each star, and never more or fewer', () => {
    const pattern = parsePattern('prompt.*.triage');
    expect(matchesPattern(pattern, 'prompt.Support-bot.triage')).toBe(true);
    expect(matchesPattern(pattern, 'prompt."Acme: sales".triage')).toBe(true);
    expect(matchesPattern(pattern, 'prompt.Support-bot.reply')).toBe(false);
    expect(matchesPattern(pattern, 'prompt.triage')).toBe(false);
    expect(matchesPattern(pattern, 'prompt.Support-bot.old.triage')).toBe(false);
    expect(matchesPattern(pattern, 'function.Support-bot.triage')).toBe(false);
  });

  test('takes a quoted star for a name', () => {
    const pattern = parsePattern('project."*"');
    expect(matchesPattern(pattern, 'project."*"')).toBe(true);
    expect(matchesPattern(pattern, 'project.Support-bot')).toBe(false);
  });
});
