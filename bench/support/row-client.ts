import { Pool } from 'undici';

/** The least that a client can do to move rows: bodies in and out as bytes, nothing parsed. */
export class RowClient {
  readonly #pool: Pool;
  readonly #headers: Record<string, string>;

  constructor(url: string, key: string, connections: number) {
    this.#pool = new Pool(url, { connections, bodyTimeout: 0, headersTimeout: 0 });
    this.#headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  }

  async json(path: string, body: unknown): Promise<Record<string, unknown>> {
    const { bytes } = await this.#post(path, [Buffer.from(JSON.stringify(body))]);
    return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  }

  /** Inserts the inside of a JSON array of rows. */
  async insert(projectId: string, rows: readonly Buffer[]): Promise<void> {
    await this.#post(`/v1/project_logs/${projectId}/insert`, [Buffer.from('{"events":['), ...rows, Buffer.from(']}')]);
  }

  /** Inserts the inside of a JSON array of log rows that name no container, by a signed upload and a commit. */
  async insertByOverflow(projectId: string, rows: Buffer): Promise<void> {
    const named = rows.toString('latin1').replaceAll('{"id":', `{"project_id":"${projectId}","log_id":"g","id":`);
    const body = Buffer.from(`{"rows":[${named}],"api_version":2}`, 'latin1');
    const slot = await this.json('/logs3/overflow', { size_bytes: body.length, rows: [] });
    const path = String(slot.signedUrl).replace(/^http:..[^/]*/, '');
    const uploaded = await this.#pool.request({ path, method: 'PUT', body });
    await uploaded.body.dump();
    await this.json('/logs3', { rows: { type: 'logs3_overflow', key: slot.key }, api_version: 2 });
  }

  /** The inside of the `data` array of one page in key order, and the key of its last row; null at the end. */
  async page(projectId: string, after: string | null, upTo: string | null, limit: number): Promise<RowBytes | null> {
    const bounds = [
      after === null ? [] : `_pagination_key > '${after}'`,
      upTo === null ? [] : `_pagination_key <= '${upTo}'`,
    ];
    const filter = bounds.flat().join(' and ');
    const query = `select: *\nfrom: project_logs('${projectId}') spans\n${filter === '' ? '' : `filter: ${filter}\n`}sort: _pagination_key asc\nlimit: ${limit}`;
    const { bytes, cursor } = await this.#post('/btql', [Buffer.from(JSON.stringify({ query, fmt: 'json' }))]);
    if (cursor === null) return null;
    const end = bytes.lastIndexOf('],"schema"');
    return { rows: bytes.subarray(9, end), lastKey: keyOfCursor(cursor) };
  }

  /** Gets a body from a server that only moves bytes, and gives it back. */
  async pump(): Promise<void> {
    const { bytes } = await this.#post('/page', [Buffer.from('{}')]);
    await this.#post('/take', [bytes]);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #post(path: string, chunks: readonly Buffer[]): Promise<{ bytes: Buffer; cursor: string | null }> {
    const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    const response = await this.#pool.request({ path, method: 'POST', headers: this.#headers, body });
    const received: Buffer[] = [];
    for await (const chunk of response.body) received.push(chunk as Buffer);
    const bytes = Buffer.concat(received);
    if (response.statusCode !== 200)
      throw new Error(`POST ${path} answered ${response.statusCode}: ${bytes.toString('utf8').slice(0, 300)}`);
    const cursor = response.headers['x-bt-cursor'];
    return { bytes, cursor: typeof cursor === 'string' ? cursor : null };
  }
}

export interface RowBytes {
  readonly rows: Buffer;
  readonly lastKey: string;
}

function keyOfCursor(cursor: string): string {
  return `p${Buffer.from(cursor, 'base64').readBigUInt64BE().toString().padStart(20, '0')}`;
}
