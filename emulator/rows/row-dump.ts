import { parsePaginationKey } from '../encoding/pagination-key.ts';
import { parseXact } from '../encoding/xact.ts';
import type { World } from '../world.ts';
import { type ContainerRef, type ContainerType, isContainerType } from './container-ref.ts';
import { formatInstant, parseInstant } from './instant.ts';
import { decodeRaw, parseRawObject, type RawObject } from './raw-object.ts';
import { paginationKeyText, xactText } from './row-cells.ts';
import { DELAYED, DELETED } from './row-columns.ts';
import type { RowContainer } from './row-container.ts';
import { createStamp } from './write-stamp.ts';

/**
 * One version of a row in a dump. What is left out is worked out: `_xact_id` by taking a new one, `_pagination_key` from
 * the transaction and the row's number in it (null: the row has none), `created` from the transaction's second.
 */
export interface RowRecord {
  readonly _xact_id?: string;
  readonly _pagination_key?: string | null;
  readonly created?: string;
  /** The row as JSON text, for values that JavaScript cannot hold; or, in `row`, as a value. */
  readonly json?: string;
  readonly row?: Readonly<Record<string, unknown>>;
  /** This version is the row's deletion. */
  readonly deleted?: boolean;
  /** ISO-8601; the version cannot be read before. */
  readonly visible_at?: string;
}

/** The rows of one container, every version in order of writing; a later version repeats the row's id. */
export interface ContainerDump {
  readonly container: { readonly type: ContainerType; readonly id: string };
  readonly rows: readonly RowRecord[];
}

export function dumpRows(world: World): ContainerDump[] {
  return [...world.rows.containers()].map((container) => {
    const { type, id } = container.ref;
    const rows = Array.from({ length: container.columns.length }, (_, slot) => dumpVersion(container, slot));
    return { container: { type, id }, rows };
  });
}

function dumpVersion(container: RowContainer, slot: number): RowRecord {
  const { columns, visibleAt } = container;
  const high = columns.keyHigh[slot] as number;
  const flags = columns.flags[slot] as number;
  const record = {
    _xact_id: xactText(columns.xact[slot] as number),
    _pagination_key: Number.isFinite(high) ? paginationKeyText(high, columns.keyLow[slot] as number) : null,
    created: formatInstant(columns.created[slot] as number),
    json: container.bytesOf(slot).toString('utf8'),
  };
  return {
    ...record,
    ...((flags & DELETED) === 0 ? {} : { deleted: true }),
    ...((flags & DELAYED) === 0 ? {} : { visible_at: formatInstant(visibleAt.get(slot) ?? 0) }),
  };
}

/**
 * Replaces all rows. The containers must exist in the world.
 * @throws Error for a container or value that makes no sense, and then nothing is replaced.
 */
export function loadRows(world: World, dump: unknown): void {
  const containers = (dump ?? []) as readonly ContainerDump[];
  const refs = containers.map(({ container }) => locate(world, container));
  world.rows.replaceAll((plant) => {
    for (const [n, { rows }] of containers.entries())
      for (const record of rows) plantRecord(world, refs[n], record, plant);
  });
}

type Plant = Parameters<Parameters<World['rows']['replaceAll']>[0]>[0];

function locate(world: World, { type, id }: ContainerDump['container']): ContainerRef {
  if (!isContainerType(type)) throw new Error(`no row container of type ${String(type)}`);
  const kind = type === 'project_logs' ? 'project' : type === 'playground_logs' ? 'prompt_session' : type;
  const stored = world.table(kind).get(id);
  if (stored === undefined) throw new Error(`rows for ${type} ${id}, which does not exist`);
  return { type, id, orgId: stored.orgId, projectId: type === 'project_logs' ? id : String(stored.fields.project_id) };
}

function plantRecord(world: World, ref: ContainerRef | undefined, record: RowRecord, plant: Plant): void {
  if (ref === undefined) return;
  const text = Buffer.from(record.json ?? JSON.stringify(record.row ?? {}), 'utf8');
  const members = parseRawObject(text.toString('latin1'));
  if (members === null || !members.has('id')) throw new Error(`a row of ${ref.type} ${ref.id} has no id`);
  const xact = readXact(record._xact_id ?? textOf(members, '_xact_id')) ?? world.nextXact();
  const stamp = createStamp(xact, world.clock.now());
  const created = record.created ?? textOf(members, 'created');
  const seconds = Math.floor(stamp.xact / 65_536);
  const instant = created === undefined ? seconds * 1000 : parseInstant(created);
  if (Number.isNaN(instant)) throw new Error(`created ${created} is no timestamp`);
  const given = record._pagination_key === undefined ? keyOf(members) : record._pagination_key;
  plant(ref, stamp, {
    text,
    // A deletion is stored as nothing but its id.
    isStored: record.deleted === true || isStoredText(record, members, xact),
    isDeleted: record.deleted === true,
    visibleAt: record.visible_at === undefined ? null : parseInstant(record.visible_at),
    created: Math.floor(instant),
    key: readKey(given),
  });
}

/** True for text that a dump gave out: it is kept to the byte. */
function isStoredText(record: RowRecord, members: RawObject, xact: bigint): boolean {
  return record.json !== undefined && members.has('audit_data') && textOf(members, '_xact_id') === xact.toString();
}

function keyOf(members: RawObject): string | null | undefined {
  const value = members.get('_pagination_key')?.value;
  return value === undefined ? undefined : (decodeRaw(value) as string | null);
}

/** Null: no key; undefined: the next one of the transaction. */
function readKey(text: string | null | undefined): bigint | null | undefined {
  if (text === null || text === undefined) return text;
  const key = parsePaginationKey(text);
  if (key === null) throw new Error(`${text} is no pagination key`);
  return key;
}

function readXact(text: string | undefined): bigint | null {
  if (text === undefined) return null;
  const xact = parseXact(text);
  if (xact === null) throw new Error(`${text} is no transaction id`);
  return xact;
}

function textOf(members: RawObject, name: string): string | undefined {
  const value = members.get(name)?.value;
  const decoded = value === undefined ? undefined : decodeRaw(value);
  return typeof decoded === 'string' ? decoded : undefined;
}
