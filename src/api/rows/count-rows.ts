import { BtMigrateError } from '../../domain/errors.ts';
import { isObject, type Json, JsonNumber, type JsonObject } from '../../domain/json.ts';
import type { Container, RowCount, RowFilter } from '../../domain/row-io.ts';
import { ApiError } from '../api-error.ts';
import type { Connection } from '../connection.ts';
import type { HttpAnswer } from '../http-client.ts';
import { readObject } from '../read-json.ts';
import { sendRequest } from '../send-request.ts';
import { containerColumn, groupedCountQuery, singleCountQuery } from './row-query.ts';
import { watermarkOf, xactOf } from './watermark.ts';

/** Containers of one query; the incumbent asks for as many (fact sheet 5.3). */
const GROUP = 25;
/** Statuses of a query that is not understood or too much; a missing permission is neither. */
const REFUSED: ReadonlySet<number> = new Set([400, 413, 422, 500, 504]);

/**
 * Counts the rows of containers of one kind, 25 a request. A group that the server refuses is counted one by one, and so
 * is everything after it when it did not understand the query.
 */
export class RowCounter {
  private readonly connection: Connection;
  private readonly orgName: () => Promise<string>;
  private grouped = true;

  constructor(connection: Connection, orgName: () => Promise<string>) {
    this.connection = connection;
    this.orgName = orgName;
  }

  /** @throws BTM_PERMISSION_DENIED for a container that is absent or hidden, and what `sendRequest` throws. */
  async count(containers: readonly Container[], filter: RowFilter): Promise<readonly RowCount[]> {
    const groups: (readonly Container[])[] = [];
    for (let at = 0; at < containers.length; at += GROUP) groups.push(containers.slice(at, at + GROUP));
    const counts = await Promise.all(groups.map((group) => this.countGroup(group, filter)));
    return counts.flat();
  }

  private async countGroup(group: readonly Container[], filter: RowFilter): Promise<readonly RowCount[]> {
    if (this.grouped && group.length > 1) {
      try {
        const answer = await this.ask(groupedCountQuery(group, filter), (status) => REFUSED.has(status));
        return readGroup(group, answer);
      } catch (error) {
        if (!isRefused(error)) throw error;
        if (!(error instanceof ApiError) || error.status < 500) this.grouped = false;
      }
    }
    return Promise.all(
      group.map(async (container) => readSingle(container, await this.ask(singleCountQuery(container, filter)))),
    );
  }

  private async ask(body: string, endsWith = (_status: number): boolean => false): Promise<CountAnswer> {
    return sendRequest(this.connection, {
      method: 'POST',
      path: '/btql',
      body,
      orgName: await this.orgName(),
      repeatable: true,
      read: (answer) => readCounts(answer, this.connection.options.clock.now()),
      endsWith: ({ answer }) => answer !== null && endsWith(answer.status),
    });
  }
}

/** One container of a group may be the reason, so a refusal is only believed of one container. */
function isRefused(error: unknown): boolean {
  if (error instanceof ApiError) return REFUSED.has(error.status);
  return error instanceof BtMigrateError && error.code === 'BTM_RESPONSE_UNREADABLE';
}

interface CountAnswer {
  readonly object: JsonObject;
  readonly rows: readonly JsonObject[];
  /** The server's time, in milliseconds. */
  readonly now: number;
}

function readCounts(answer: HttpAnswer, localNow: number): CountAnswer {
  const object = readObject(answer);
  const date = Date.parse(answer.headers.get('date') ?? '');
  const { data } = object;
  if (!Array.isArray(data)) throw unreadable();
  const rows = (data as readonly Json[]).map((row) => {
    if (!isObject(row) || !Number.isSafeInteger(numberOf(row.row_count))) throw unreadable();
    return row;
  });
  return { object, rows, now: Number.isNaN(date) ? localNow : date };
}

function readGroup(group: readonly Container[], answer: CountAnswer): readonly RowCount[] {
  const byId = new Map<Json | undefined, JsonObject>();
  for (const row of answer.rows) byId.set(row[group[0] === undefined ? '' : containerColumn(group[0].stream)], row);
  if (byId.size !== answer.rows.length || !answer.rows.every((row) => isOneOf(group, row))) throw unreadable();
  return group.map((container) => countOf(container, byId.get(container.id), answer));
}

function isOneOf(group: readonly Container[], row: JsonObject): boolean {
  return group.some(({ stream, id }) => row[containerColumn(stream)] === id);
}

function readSingle(container: Container, answer: CountAnswer): RowCount {
  if (answer.rows.length > 1) throw unreadable();
  return countOf(container, answer.rows[0], answer);
}

/** A container without rows is not in the answer. */
function countOf(container: Container, row: JsonObject | undefined, { object, now }: CountAnswer): RowCount {
  return {
    container,
    rows: numberOf(row?.row_count) ?? 0,
    firstKey: textOf(row?.first_key),
    lastKey: textOf(row?.last_key),
    watermark: watermarkOf(object, xactOf(row?.newest), now),
  };
}

function numberOf(value: Json | undefined): number | undefined {
  if (value instanceof JsonNumber) return Number(value.literal);
  return typeof value === 'number' ? value : undefined;
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function unreadable(): BtMigrateError {
  return new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
    detail: 'Expected the number of rows of each container, got JSON of another shape.',
  });
}
