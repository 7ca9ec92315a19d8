import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Database } from '../store/database.ts';

/** How long a signed path works, in milliseconds. */
const LIFETIME = 3_600_000;

export interface Blob {
  readonly bytes: Buffer;
  readonly contentType: string;
  /** Further headers of a download. */
  readonly headers: Readonly<Record<string, string>>;
}

export type BlobVerb = 'GET' | 'PUT' | 'POST';

/**
 * The object store behind signed URLs: overflow bodies, attachments, large answers, code bundles. Keys are paths
 * that begin with their purpose; whoever holds a signed path needs no other permission.
 */
export class BlobStore {
  readonly #now: () => number;
  readonly #database: Database | null;
  readonly #blobs = new Map<string, Blob>();
  readonly #secret = randomBytes(32);

  /** @param now milliseconds on the world's clock */
  constructor(now: () => number, database: Database | null) {
    this.#now = now;
    this.#database = database;
    database?.sqlite.exec(
      'CREATE TABLE IF NOT EXISTS blob (key TEXT PRIMARY KEY, content_type TEXT NOT NULL, headers TEXT NOT NULL, bytes BLOB NOT NULL)',
    );
  }

  /** `durable: false` keeps the blob in memory only, for answers that are read once. */
  put(key: string, blob: Blob, durable = true): void {
    if (this.#database === null || !durable) {
      this.#blobs.set(key, blob);
      return;
    }
    this.#database.sqlite
      .prepare('INSERT OR REPLACE INTO blob (key, content_type, headers, bytes) VALUES (?, ?, ?, ?)')
      .run(key, blob.contentType, JSON.stringify(blob.headers), blob.bytes);
  }

  get(key: string): Blob | undefined {
    const held = this.#blobs.get(key);
    if (held !== undefined || this.#database === null) return held;
    const row = this.#database.sqlite.prepare('SELECT content_type, headers, bytes FROM blob WHERE key = ?').get(key) as
      | { content_type: string; headers: string; bytes: Buffer }
      | undefined;
    if (row === undefined) return undefined;
    return {
      bytes: row.bytes,
      contentType: row.content_type,
      headers: JSON.parse(row.headers) as Record<string, string>,
    };
  }

  delete(key: string): void {
    this.#blobs.delete(key);
    this.#database?.sqlite.prepare('DELETE FROM blob WHERE key = ?').run(key);
  }

  /** A path on this server that allows one verb on one key for an hour. */
  signedPath(verb: BlobVerb, key: string): string {
    const expires = this.#now() + LIFETIME;
    return `/object-store/${encodeURIComponent(key)}?expires=${expires}&signature=${this.#sign(verb, key, expires)}`;
  }

  uploadPath(key: string): string {
    return this.signedPath('PUT', key);
  }

  /** True when the query belongs to a path that `signedPath` made and that has not expired. */
  allows(verb: string, key: string, query: URLSearchParams): boolean {
    const expires = Number(query.get('expires'));
    if (!(expires > this.#now())) return false;
    const given = Buffer.from(query.get('signature') ?? '', 'latin1');
    const wanted = Buffer.from(this.#sign(verb, key, expires), 'latin1');
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  /** Blobs as `{key, content_type, headers, base64}`. */
  dump(): unknown {
    return this.#keys().flatMap((key) => {
      const blob = this.get(key);
      if (blob === undefined) return [];
      return { key, content_type: blob.contentType, headers: blob.headers, base64: blob.bytes.toString('base64') };
    });
  }

  /** Replaces everything. */
  load(dump: unknown): void {
    for (const key of this.#keys()) this.delete(key);
    for (const item of (dump ?? []) as {
      key: string;
      content_type?: string;
      headers?: Record<string, string>;
      base64: string;
    }[]) {
      this.put(item.key, {
        bytes: Buffer.from(item.base64, 'base64'),
        contentType: item.content_type ?? 'application/octet-stream',
        headers: item.headers ?? {},
      });
    }
  }

  close(): void {
    this.#blobs.clear();
  }

  #keys(): string[] {
    const stored = (this.#database?.sqlite.prepare('SELECT key FROM blob').pluck().all() ?? []) as string[];
    return [...this.#blobs.keys(), ...stored];
  }

  #sign(verb: string, key: string, expires: number): string {
    return createHmac('sha256', this.#secret).update(`${verb}\n${key}\n${expires}`).digest('hex');
  }
}
