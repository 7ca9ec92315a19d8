import { randomUUID } from 'node:crypto';
import type { ContainerType } from './container-ref.ts';
import { InvalidRowError } from './row-limits.ts';

const SOURCES = ['app', 'api', 'external'];

/**
 * The rows that one feedback item stands for, the same that an SDK sends: a merge of scores, expected value and tags, and
 * a comment of its own (fact sheet 4.6). Throws InvalidRowError.
 */
export function feedbackRows(item: unknown, type: ContainerType): Record<string, unknown>[] {
  if (item === null || typeof item !== 'object') throw new InvalidRowError('A feedback item must be an object');
  const { id, scores, expected, comment, metadata, source, tags } = item as Record<string, unknown>;
  if (typeof id !== 'string') throw new InvalidRowError('A feedback item needs the id of its row');
  if (source !== undefined && source !== null && !SOURCES.includes(String(source))) {
    throw new InvalidRowError('source must be app, api or external');
  }
  const audit = { _audit_source: source ?? 'api', _audit_metadata: metadata ?? {} };
  const fields = type === 'dataset' ? { tags } : { scores, expected, tags };
  const change = Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  );
  const rows: Record<string, unknown>[] = [];
  if (Object.keys(change).length > 0) rows.push({ id, ...change, _is_merge: true, ...audit });
  if (typeof comment === 'string') {
    rows.push({ id: randomUUID(), origin: { id }, comment: { text: comment }, ...audit });
  }
  return rows;
}
