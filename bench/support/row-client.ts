import { type RawAnswer, RawConnection } from './raw-connection.ts';

/** The least that a client can do to move rows: bodies in and out as bytes, nothing parsed. One request at a time. */
export class RowClient {
  readonly #connection: RawConnection;
  readonly #headers: string;

  private constructor(connection: RawConnection, key: string) {
    this.#connection = connection;
    this.#headers = `authorization: Bearer ${key}\r\ncontent-type: application/json\r\n`;
  }

  static async open(url: string, key: string): Promise<RowClient> {
    return new RowClient(await RawConnection.open(url), key);
  }

  async json(path: string, body: unknown): Promise<Record<string, unknown>> {
    const { body: bytes } = await this.#send('POST', path, [Buffer.from(JSON.stringify(body))]);
    return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  }

  /** Inserts the inside of a JSON array of rows. */
  async insert(projectId: string, rows: Buffer): Promise<void> {
    const pieces = [Buffer.from('{"events":['), rows, Buffer.from(']}')];
    await this.#send('POST', `/v1/project_logs/${projectId}/insert`, pieces);
  }

  /** Inserts the inside of a JSON array of log rows that name no container, by a signed upload and a commit. */
  async insertByOverflow(projectId: string, rows: Buffer): Promise<void> {
    const named = rows.toString('latin1').replaceAll('{"id":', `{"project_id":"${projectId}","log_id":"g","id":`);
    const body = Buffer.from(`{"rows":[${named}],"api_version":2}`, 'latin1');
    const slot = await this.json('/logs3/overflow', { size_bytes: body.length, rows: [] });
    await this.#send('PUT', String(slot.signedUrl).replace(/^http:..[^/]*/, ''), [body], '');
    await this.json('/logs3', { rows: { type: 'logs3_overflow', key: slot.key }, api_version: 2 });
  }

  /** One page in key order; null at the end. */
  async page(projectId: string, after: string | null, upTo: string | null, limit: number): Promise<RowBytes | null> {
    const bounds = [
      after === null ? [] : `_pagination_key > '${after}'`,
      upTo === null ? [] : `_pagination_key <= '${upTo}'`,
    ];
    const filter = bounds.flat().join(' and ');
    const query = `select: *\nfrom: project_logs('${projectId}') spans\n${filter === '' ? '' : `filter: ${filter}\n`}sort: _pagination_key asc\nlimit: ${limit}`;
    const { head, body } = await this.#send('POST', '/btql', [Buffer.from(JSON.stringify({ query, fmt: 'json' }))]);
    const cursor = /\r\nx-bt-cursor: *([^\r]+)/.exec(head)?.[1];
    if (cursor === undefined) return null;
    return { rows: body.subarray('{"data":['.length, body.lastIndexOf('],"schema"')), lastKey: keyOfCursor(cursor) };
  }

  /** Gets a body from a server that only moves bytes, and gives it back. */
  async pump(): Promise<void> {
    const { body } = await this.#send('POST', '/page', [Buffer.from('{}')]);
    await this.#send('POST', '/take', [body]);
  }

  close(): void {
    this.#connection.close();
  }

  async #send(method: string, path: string, pieces: readonly Buffer[], headers = this.#headers): Promise<RawAnswer> {
    const answer = await this.#connection.request(method, path, headers, pieces);
    if (answer.status !== 200)
      throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body.toString('utf8').slice(0, 300)}`);
    return answer;
  }
}

export interface RowBytes {
  /** The inside of the `data` array; good until the request after the next one. */
  readonly rows: Buffer;
  readonly lastKey: string;
}

function keyOfCursor(cursor: string): string {
  return `p${Buffer.from(cursor, 'base64').readBigUInt64BE().toString().padStart(20, '0')}`;
}
