import type { Container, RowFilter } from '../../domain/row-io.ts';
import type { RowPage } from '../../domain/stream.ts';
import { lastMember, quoted, readMembers, textOf } from '../object-members.ts';
import type { ReadDeps } from './read-request.ts';
import { readRows } from './read-rows.ts';

/** A row without its content; rows without an id have none. */
export interface RowName {
  readonly id: string;
  /** The transaction that last wrote it. */
  readonly xact: string | null;
  readonly key: string | null;
}

const ID = quoted('id');
const XACT = quoted('_xact_id');
const KEY = quoted('_pagination_key');

/**
 * Reads the names of rows of one container in order of their keys, and nothing else of them.
 * @param expected how many were counted
 * @throws what `readRows` throws, and MalformedJsonError.
 */
export async function* readNames(
  { container, filter, expected }: { container: Container; filter: RowFilter; expected: number },
  deps: ReadDeps,
): AsyncGenerator<readonly RowName[]> {
  const request = { containers: [container], filter, columns: 'names', expected, lastKey: null } as const;
  for await (const read of readRows({ ...request, containers: [container] }, deps)) {
    const names = namesOf(read.page);
    read.release();
    yield names;
  }
}

function namesOf({ bytes, count, starts }: RowPage): RowName[] {
  const names: RowName[] = [];
  for (let n = 0; n < count; n++) {
    const members = readMembers(bytes, starts[n] as number);
    const text = (name: Buffer): string | undefined => textOf(bytes, lastMember(bytes, members, name)?.value);
    const id = text(ID);
    if (id !== undefined) names.push({ id, xact: text(XACT) ?? null, key: text(KEY) ?? null });
  }
  return names;
}
