import { BtMigrateError } from '../../domain/errors.ts';
import { isObject, type Json, JsonNumber, type JsonObject } from '../../domain/json.ts';
import type { Container, CountOptions, CountRequest, RowCount } from '../../domain/row-io.ts';
import { ApiError } from '../api-error.ts';
import type { Connection } from '../connection.ts';
import type { HttpAnswer } from '../http-client.ts';
import { readObject } from '../read-json.ts';
import { sendRequest } from '../send-request.ts';
import { containerColumn, countName, groupedCountQuery, singleCountQuery, unacceptedColumns } from './row-query.ts';
import { watermarkOf, xactOf } from './watermark.ts';

/** Containers of one query; the incumbent asks for as many (fact sheet 5.3). */
const GROUP = 25;
/** Statuses of a query that is not understood or too much; a missing permission is neither. */
const REFUSED: ReadonlySet<number> = new Set([400, 413, 422, 500, 504]);
/** Times that a server must fail at a query before that is taken as an answer: once, it may have been anything. */
const BELIEVED_FAILURES = 2;

/**
 * Counts the rows of containers of one kind, 25 a request. A group that the server refuses is counted one by one (a larger
 * one in groups of 25 first), and so is everything after it when it did not understand the query. What no insert accepts
 * is not counted any more once a query for it was refused.
 */
export class RowCounter {
  private readonly connection: Connection;
  private readonly orgName: () => Promise<string>;
  private grouped = true;
  private countsColumns = true;

  constructor(connection: Connection, orgName: () => Promise<string>) {
    this.connection = connection;
    this.orgName = orgName;
  }

  /** @throws BTM_PERMISSION_DENIED for a container that is absent or hidden, and what `sendRequest` throws. */
  async count(
    requests: readonly CountRequest[],
    { together = GROUP, unaccepted = false }: CountOptions = {},
  ): Promise<readonly RowCount[]> {
    const groups = groupsOf(requests, together);
    const counts = await Promise.all(groups.map((group) => this.countGroup(group, unaccepted)));
    return counts.flat();
  }

  private async countGroup(group: Group, unaccepted: boolean): Promise<readonly RowCount[]> {
    const withColumns = unaccepted && this.countsColumns;
    if (this.grouped && group.length > 1) {
      try {
        const query = groupedCountQuery(group, withColumns);
        return readGroup(group, await this.ask(query, (status) => REFUSED.has(status)), withColumns);
      } catch (error) {
        if (!isRefused(error)) throw error;
        if (withColumns) {
          this.countsColumns = false;
          return this.countGroup(group, false);
        }
        if (group.length > GROUP) return this.count(group, { unaccepted });
        if (!(error instanceof ApiError) || error.status < 500) this.grouped = false;
      }
    }
    return Promise.all(group.map((request) => this.countOne(request, withColumns)));
  }

  private async countOne(request: CountRequest, withColumns: boolean): Promise<RowCount> {
    const query = singleCountQuery(request, withColumns);
    try {
      const answer = await this.ask(query, (status) => withColumns && REFUSED.has(status));
      return readSingle(request.container, answer, withColumns);
    } catch (error) {
      if (!withColumns || !isRefused(error)) throw error;
      this.countsColumns = false;
      return this.countOne(request, false);
    }
  }

  private async ask(body: string, endsWith = (_status: number): boolean => false): Promise<CountAnswer> {
    let failures = 0;
    const isBelieved = (status: number): boolean => {
      if (status >= 500) failures += 1;
      return status < 500 || failures >= BELIEVED_FAILURES;
    };
    return sendRequest(this.connection, {
      method: 'POST',
      path: '/btql',
      body,
      orgName: await this.orgName(),
      repeatable: true,
      read: (answer) => readCounts(answer, this.connection.options.clock.now()),
      endsWith: ({ answer }) => answer !== null && endsWith(answer.status) && isBelieved(answer.status),
    });
  }
}

/** In order, cut where the stream kind changes and where a query is full. */
function groupsOf(requests: readonly CountRequest[], together: number): Group[] {
  const groups: [CountRequest, ...CountRequest[]][] = [];
  for (const request of requests) {
    const last = groups.at(-1);
    const fits = last !== undefined && last.length < together && last[0].container.stream === request.container.stream;
    if (fits) last.push(request);
    else groups.push([request]);
  }
  return groups;
}

/** One container of a group may be the reason, so a refusal is only believed of one container. */
function isRefused(error: unknown): boolean {
  if (error instanceof ApiError) return REFUSED.has(error.status);
  return error instanceof BtMigrateError && error.code === 'BTM_RESPONSE_UNREADABLE';
}

type Group = readonly [CountRequest, ...CountRequest[]];

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

function readGroup(group: Group, answer: CountAnswer, withColumns: boolean): readonly RowCount[] {
  const column = containerColumn(group[0].container.stream);
  const byId = new Map(answer.rows.map((row) => [row[column], row]));
  const asked = new Set<Json | undefined>(group.map(({ container }) => container.id));
  if (byId.size !== answer.rows.length || ![...byId.keys()].every((id) => asked.has(id))) throw unreadable();
  return group.map(({ container }) => countOf(container, byId.get(container.id), answer, withColumns));
}

function readSingle(container: Container, answer: CountAnswer, withColumns: boolean): RowCount {
  if (answer.rows.length > 1) throw unreadable();
  return countOf(container, answer.rows[0], answer, withColumns);
}

/** A container without rows is not in the answer. */
function countOf(
  container: Container,
  row: JsonObject | undefined,
  { object, now }: CountAnswer,
  withColumns: boolean,
): RowCount {
  const newest = xactOf(row?.newest);
  return {
    container,
    rows: numberOf(row?.row_count) ?? 0,
    newest,
    firstKey: textOf(row?.first_key),
    lastKey: textOf(row?.last_key),
    oldest: textOf(row?.oldest),
    unaccepted: withColumns ? columnsOf(container, row) : null,
    watermark: watermarkOf(object, newest, now),
  };
}

function columnsOf({ stream }: Container, row: JsonObject | undefined): RowCount['unaccepted'] {
  const counts = unacceptedColumns(stream).map((column) => [column, numberOf(row?.[countName(column)]) ?? 0] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
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
