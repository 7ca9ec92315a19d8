import type { Container, StageRequest } from '../../domain/row-io.ts';
import { containerColumn } from './row-query.ts';

const NO_ID = '00000000-0000-4000-8000-000000000000';
/** Digits of the largest size that can occur: a row has at most 20 MB (fact sheet 1.6). */
const SIZE_DIGITS = 8;

/** Bytes of the longest description of a row and the comma behind it. */
export const LARGEST_DESCRIPTION = beginningOf({ stream: 'logs', id: NO_ID }).length + SIZE_DIGITS + '}},'.length;

/** The request that announces a staged batch of `bytes` bytes, a description for each row (fact sheet 4.5). */
export function describeRows({ parts }: StageRequest, bytes: number): string {
  const rows: string[] = [];
  for (const { container, sizes } of parts) {
    const beginning = beginningOf(container);
    for (let n = 0; n < sizes.length; n++) rows.push(`${beginning}${sizes[n]}}}`);
  }
  return `{"content_type":"application/json","size_bytes":${bytes},"rows":[${rows.join(',')}]}`;
}

function beginningOf({ stream, id }: Container): string {
  const ids = { [containerColumn(stream)]: id, ...(stream === 'logs' ? { log_id: 'g' } : {}) };
  return `{"object_ids":${JSON.stringify(ids)},"has_comment":false,"is_delete":false,"input_row":{"byte_size":`;
}
