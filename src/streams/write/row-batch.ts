import type { Container, StageRequest } from '../../domain/row-io.ts';

/** Rows ready to be written: row `n` is `bytes[starts[n]..ends[n])`; between two rows stands one comma. */
export interface RowSource {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Index of each row's container in the lane. */
  readonly containers: Uint16Array;
}

/** Neighbouring rows `from..to` of one source. */
export interface BatchPart<Source extends RowSource = RowSource> {
  readonly source: Source;
  readonly from: number;
  readonly to: number;
}

/** Rows of one write, in their order. */
export interface RowRun<Source extends RowSource = RowSource> {
  readonly parts: readonly BatchPart<Source>[];
  readonly rows: number;
  /** Of the whole body. */
  readonly bytes: number;
}

const HEAD = Buffer.from('{"rows":[');
const TAIL = Buffer.from('],"api_version":2}');
const SEPARATOR = Buffer.from(',');
/** Bytes of a body besides its rows and the commas between them. */
export const ENVELOPE_BYTES = HEAD.length + TAIL.length;

/** A body `{"rows":[…],"api_version":2}` (fact sheet 4.4) in pieces; rows are not copied. */
export function bodyOf({ parts }: RowRun): Buffer[] {
  const body: Buffer[] = [HEAD];
  for (const { source, from, to } of parts) {
    if (body.length > 1) body.push(SEPARATOR);
    body.push(source.bytes.subarray(source.starts[from], source.ends[to - 1]));
  }
  body.push(TAIL);
  return body;
}

/** Bytes of neighbouring rows with the commas between them. */
export function bytesOf({ source, from, to }: BatchPart): number {
  return (source.ends[to - 1] as number) - (source.starts[from] as number);
}

export function runOf<Source extends RowSource>(parts: readonly BatchPart<Source>[]): RowRun<Source> {
  let rows = 0;
  let bytes = ENVELOPE_BYTES + Math.max(0, parts.length - 1);
  for (const part of parts) {
    rows += part.to - part.from;
    bytes += bytesOf(part);
  }
  return { parts, rows, bytes };
}

/** The first half of the rows and the second. */
export function halves<Source extends RowSource>({ parts, rows }: RowRun<Source>): [RowRun<Source>, RowRun<Source>] {
  const first: BatchPart<Source>[] = [];
  const second: BatchPart<Source>[] = [];
  let left = Math.ceil(rows / 2);
  for (const { source, from, to } of parts) {
    const cut = Math.min(to, from + left);
    left -= cut - from;
    if (cut > from) first.push({ source, from, to: cut });
    if (to > cut) second.push({ source, from: cut, to });
  }
  return [runOf(first), runOf(second)];
}

/** What a staged batch says of its rows before they are uploaded: `containers` by their index in the lane. */
export function describedRows({ parts }: RowRun, containers: readonly Container[]): StageRequest['parts'] {
  const described: { container: Container; sizes: number[] }[] = [];
  let last = -1;
  for (const { source, from, to } of parts) {
    for (let n = from; n < to; n++) {
      const container = source.containers[n] as number;
      if (container !== last) described.push({ container: containers[container] as Container, sizes: [] });
      last = container;
      described.at(-1)?.sizes.push((source.ends[n] as number) - (source.starts[n] as number));
    }
  }
  return described;
}
