import type { StreamKind } from '../../domain/kind.ts';
import type { RowPage } from '../../domain/stream.ts';
import { MalformedJsonError } from '../json-bytes.ts';
import { lastMember, quoted, readMembers, textOf } from '../object-members.ts';

/** Where a row stands and what tells it from its neighbours. */
export interface RowMark {
  /** Null for a row without one and for a row that cannot be read. */
  readonly key: string | null;
  readonly id: string | null;
  /** Null for a row that cannot be read or does not say. */
  readonly container: string | null;
  /** Container and id; the whole text of a row that cannot be read or has no id. */
  readonly name: string;
}

const KEY = quoted('_pagination_key');
const ID = quoted('id');
const CONTAINERS: Readonly<Record<StreamKind, Buffer>> = {
  logs: quoted('project_id'),
  experiment_rows: quoted('experiment_id'),
  dataset_rows: quoted('dataset_id'),
};

/** Reads one row of a page. Meant for the few rows at its edges: the others are left to the splicer. */
export function readMark(page: RowPage, row: number, stream: StreamKind): RowMark {
  const { bytes } = page;
  const start = page.starts[row] as number;
  const end = page.ends[row] as number;
  try {
    const members = readMembers(bytes, start);
    const text = (name: Buffer): string | null => textOf(bytes, lastMember(bytes, members, name)?.value) ?? null;
    const [key, id, container] = [text(KEY), text(ID), text(CONTAINERS[stream])];
    if (id !== null) return { key, id, container, name: `${container} ${id}` };
    return { key, id, container, name: bytes.toString('latin1', start, end) };
  } catch (error) {
    if (!(error instanceof MalformedJsonError)) throw error;
    return { key: null, id: null, container: null, name: bytes.toString('latin1', start, end) };
  }
}
