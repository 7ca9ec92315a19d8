import * as z from 'zod';
import { nearestWord } from '../domain/nearest-word.ts';
import { formatPath, type SpecPath } from '../domain/spec-path.ts';
import type { YamlText } from './parse-yaml.ts';
import { type Problem, showValue } from './problem.ts';

const LOCATED = 300;
const RESERVED_ARCHIVE =
  'is reserved for archives on disk, which this version cannot read or write; use url, api_key and org';

/** Tells zod to give, as the message of an unknown key, the keys that are allowed; we word everything else below. */
export function allowedKeys(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys' || !(issue.inst instanceof z.ZodObject)) return undefined;
  return Object.keys(issue.inst.shape).join(', ');
}

/**
 * Words every issue as a sentence that names the key, the offending value, the allowed ones and a near miss. Of a
 * hostile file only the first few hundred issues are located.
 */
export function describeIssues(issues: readonly z.core.$ZodIssue[], yaml: YamlText): Problem[] {
  const problems: Problem[] = [];
  for (const issue of issues) {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    if (issue.code !== 'unrecognized_keys') {
      problems.push(describeValue(issue, path, yaml));
      continue;
    }
    for (const key of issue.keys.slice(0, LOCATED)) {
      const message = describeUnknownKey([...path, key], issue.message.split(', '));
      problems.push({ ...yaml.locateKey([...path, key]), message });
    }
    if (problems.length > LOCATED) break;
  }
  return problems;
}

function describeValue(issue: z.core.$ZodIssue, path: SpecPath, yaml: YamlText): Problem {
  const isKey = issue.code === 'custom' && issue.params?.key === true;
  const where = isKey ? yaml.locateKey(path) : yaml.locateValue(path);
  const sentence = `${isKey ? 'the key ' : ''}${nameOf(path)} ${describe(issue, valueAt(yaml.value, path), path)}`;
  return { ...where, message: /[.?]$/.test(sentence) ? sentence : `${sentence}.` };
}

function nameOf(path: SpecPath): string {
  return path.length === 0 ? 'the spec' : formatPath(path);
}

function describeUnknownKey(path: SpecPath, allowed: readonly string[]): string {
  const key = String(path.at(-1));
  if (key === 'archive' && (path[0] === 'source' || path[0] === 'destination')) {
    return `${formatPath(path)} ${RESERVED_ARCHIVE}.`;
  }
  const keys = allowed.filter((name) => name !== '$schema');
  return `${formatPath(path)} is not a key of the spec. Allowed here: ${keys.join(', ')}.${didYouMean(key, keys)}`;
}

function describe(issue: z.core.$ZodIssue, value: unknown, path: SpecPath): string {
  switch (issue.code) {
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const near = typeof value === 'string' ? didYouMean(value, allowed) : '';
      return `is ${showValue(value, path)}. Allowed: ${allowed.join(', ')}.${near}`;
    }
    case 'invalid_type':
      if (value === undefined) return 'is missing';
      return `must be ${typeName(issue.expected)}, not ${showValue(value, path)}${quoteHint(issue.expected, value)}`;
    case 'too_small':
      return Array.isArray(value) ? 'must not be empty' : `is ${showValue(value, path)}; the least is ${issue.minimum}`;
    case 'too_big':
      return `is ${showValue(value, path)}; the most is ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function didYouMean(word: string, allowed: readonly string[]): string {
  const near = nearestWord(word, allowed);
  return near === undefined ? '' : ` Did you mean "${near}"?`;
}

function typeName(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    string: 'a text',
    boolean: 'true or false',
    number: 'a number',
    int: 'a whole number',
    array: 'a list',
    object: 'a mapping',
    record: 'a mapping',
  };
  return names[expected] ?? expected;
}

function quoteHint(expected: string, value: unknown): string {
  return expected === 'string' && (typeof value === 'number' || typeof value === 'boolean') ? '; put it in quotes' : '';
}

function valueAt(root: unknown, path: SpecPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}
