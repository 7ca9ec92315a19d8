import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAddress, parseAddress } from './address.ts';
import { storedActionId, storedAddress, storedSecretName, storedText } from './stored-name.ts';

const LINEAGE = '6f2d1c1e-6d5c-4f0e-9a59-3a3c1f6b0a11';

test('an address without an e-mail address is stored as it is', () => {
  for (const address of [
    'prompt.Support-bot.triage',
    'project."Acme: support"',
    'view.organization.logs."All, errors"',
  ]) {
    expect(storedAddress(LINEAGE, address)).toBe(address);
  }
});

test('only the e-mail address in a segment is replaced, and what is left is an address', () => {
  const stored = storedAddress(LINEAGE, 'acl.project.Support-bot."user:ann@dev.example".read.-');
  expect(stored).toMatch(/^acl\.project\.Support-bot\."user:email~[0-9a-f]{16}"\.read\.-$/);
  expect(parseAddress(stored).path).toHaveLength(5);
});

test('one person has one name in a state and another in the next', () => {
  const stored = storedText(LINEAGE, 'ann@dev.example');
  expect(storedText(LINEAGE, 'asked by ann@dev.example')).toBe(`asked by ${stored}`);
  expect(storedText(LINEAGE, 'bob@dev.example')).not.toBe(stored);
  expect(storedText('another-lineage', 'ann@dev.example')).not.toBe(stored);
});

test('an empty state has no names of its own', () => {
  expect(storedAddress(null, 'user."ann@dev.example"')).toBe('user."ann@dev.example"');
});

test('action ids and names of secrets follow the address in them', () => {
  const address = 'env_var.project."#1 bot of ann@dev.example".TOKEN';
  expect(storedActionId(LINEAGE, `create:${address}`)).toBe(`create:${storedAddress(LINEAGE, address)}`);
  expect(storedSecretName(LINEAGE, `${address}#headers.x`)).toBe(`${storedAddress(LINEAGE, address)}#headers.x`);
});

test('no stored name holds an e-mail address, and storing it twice changes nothing', () => {
  const segment = fc.oneof(fc.string({ unit: 'binary' }), fc.emailAddress(), fc.constant('a"b\\c\nann@dev.example'));
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (path) => {
      const stored = storedAddress(LINEAGE, formatAddress('view', path));
      expect(stored).not.toMatch(/[\w.]@[\w.]/);
      expect(storedAddress(LINEAGE, stored)).toBe(stored);
      expect(parseAddress(stored).path).toHaveLength(path.length);
    }),
    { seed: 20260302 },
  );
});
