import { expect, test } from 'vitest';
import { RESOURCE_NAMES } from './kind.ts';
import { nearestWord } from './nearest-word.ts';

test.each([
  ['prompt', 'prompts'],
  ['Datasets', 'datasets'],
  ['ai-secret', 'ai_secrets'],
  ['porjects', 'projects'],
  ['fucntion', 'functions'],
])('for %s the nearest kind is %s', (word, expected) => {
  expect(nearestWord(word, Object.keys(RESOURCE_NAMES))).toBe(expected);
});

test('a word that resembles nothing has no nearest word', () => {
  expect(nearestWord('kubernetes', Object.keys(RESOURCE_NAMES))).toBeUndefined();
  expect(nearestWord('', ['logs'])).toBeUndefined();
  expect(nearestWord('x'.repeat(100_000), ['logs'])).toBeUndefined();
});
