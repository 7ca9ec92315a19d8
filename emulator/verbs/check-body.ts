import type { FieldRule, FieldType, KindDefinition } from '../kinds/kind-definition.ts';
import type { Fields } from '../store/object-table.ts';
import { extraneous, type Issue, invalid, isUuid } from './refusals.ts';

type Mode = 'create' | 'patch';

/**
 * Checks a create, put or patch body against the field rules and returns the fields that were sent.
 * @throws ApiError 400 naming extraneous keys, missing keys or values of a wrong type.
 */
export function checkBody(definition: KindDefinition, body: unknown, mode: Mode): Fields {
  if (!isRecord(body)) throw invalid(typeIssue('object', body, []));
  const rules = acceptedRules(definition, mode);
  const ignored = ignoredKeys(definition, mode);
  const unknown = Object.keys(body).filter((key) => !rules.has(key) && !ignored.includes(key));
  if (unknown.length > 0) throw extraneous(unknown);
  const issues: Issue[] = [];
  const fields: Fields = {};
  for (const [key, rule] of rules) {
    const value = body[key];
    if (value === undefined || value === null) {
      if (rule.required === 'always' || (rule.required && mode === 'create'))
        issues.push(typeIssue(expectedName(rule.type), value, [key]));
      else if (value === null) fields[key] = null;
      continue;
    }
    const issue = checkValue(rule.type, value, [key]);
    if (issue !== null) issues.push(issue);
    fields[key] = value;
  }
  if (issues.length > 0) throw invalid(...issues);
  return fields;
}

function acceptedRules(definition: KindDefinition, mode: Mode): Map<string, FieldRule> {
  const rules = new Map<string, FieldRule>();
  for (const [name, rule] of Object.entries(definition.fields)) {
    if (rule.on !== undefined && rule.on !== mode) continue;
    if (rule.set && mode === 'patch') {
      rules.set(`add_${name}`, { type: rule.type });
      rules.set(`remove_${name}`, { type: rule.type });
    } else {
      rules.set(name, rule);
    }
  }
  return rules;
}

/** Keys that locate the owner; they are read elsewhere. */
function ignoredKeys(definition: KindDefinition, mode: Mode): string[] {
  const tolerated = [...(definition.tolerated ?? [])];
  if (definition.locator === 'always' && mode === 'patch') return [...tolerated, 'object_type', 'object_id'];
  if (mode === 'patch') return definition.owner === 'org' ? [...tolerated, 'org_name'] : tolerated;
  if (definition.owner === 'org') return [...tolerated, 'org_name'];
  if (definition.owner === 'object') return [...tolerated, 'object_type', 'object_id'];
  return [...tolerated, `${definition.owner}_id`];
}

/** Null when the value fits the type. */
export function checkValue(type: FieldType, value: unknown, path: readonly (string | number)[]): Issue | null {
  if (typeof type !== 'string') {
    if (typeof value === 'string' && type.includes(value)) return null;
    return {
      code: 'invalid_enum_value',
      message: `Invalid enum value. Expected ${type.map((word) => `'${word}'`).join(' | ')}, received '${String(value)}'`,
      path,
    };
  }
  switch (type) {
    case 'any':
      return null;
    case 'name':
      if (value === '') return { code: 'too_small', message: 'String must contain at least 1 character(s)', path };
      return typeof value === 'string' ? null : typeIssue('string', value, path);
    case 'text':
      return typeof value === 'string' ? null : typeIssue('string', value, path);
    case 'boolean':
      return typeof value === 'boolean' ? null : typeIssue('boolean', value, path);
    case 'integer':
      return Number.isInteger(value) ? null : typeIssue('integer', value, path);
    case 'object':
      return isRecord(value) ? null : typeIssue('object', value, path);
    case 'array':
      return Array.isArray(value) ? null : typeIssue('array', value, path);
    case 'uuid':
      if (typeof value !== 'string') return typeIssue('string', value, path);
      return isUuid(value) ? null : { validation: 'uuid', code: 'invalid_string', message: 'Invalid uuid', path };
    case 'texts':
    case 'uuids': {
      if (!Array.isArray(value)) return typeIssue('array', value, path);
      const element: FieldType = type === 'texts' ? 'text' : 'uuid';
      for (const [position, entry] of value.entries()) {
        const issue = checkValue(element, entry, [...path, position]);
        if (issue !== null) return issue;
      }
      return null;
    }
  }
}

function typeIssue(expected: string, value: unknown, path: readonly (string | number)[]): Issue {
  const received =
    value === undefined ? 'undefined' : value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const message = received === 'undefined' ? 'Required' : `Expected ${expected}, received ${received}`;
  return { code: 'invalid_type', expected, received, message, path };
}

function expectedName(type: FieldType): string {
  if (typeof type !== 'string') return 'string';
  if (type === 'name' || type === 'text' || type === 'uuid') return 'string';
  if (type === 'texts' || type === 'uuids') return 'array';
  return type;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
