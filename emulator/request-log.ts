/** One request as the server saw it. */
export interface LoggedRequest {
  readonly nr: number;
  /** World clock, milliseconds. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  /** Name of the org, null when the key was rejected. */
  readonly org: string | null;
  /** 0 when the connection was dropped before an answer. */
  readonly status: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly milliseconds: number;
  /** The request body as text when it is small. */
  readonly body: string | null;
  /** Id of the fault rule that fired. */
  readonly fault: string | null;
}

const KEPT = 50_000;
const KEPT_BODY_BYTES = 64 * 1024 * 1024;

/** The newest requests, oldest first, bounded in number and in bytes of kept bodies; `total` counts all since the last clear. */
export class RequestLog {
  static readonly BODY_LIMIT = 16 * 1024;
  #entries: LoggedRequest[] = [];
  #bodyBytes = 0;
  #next = 1;
  #total = 0;

  add(entry: Omit<LoggedRequest, 'nr'>): LoggedRequest {
    const logged = { nr: this.#next++, ...entry };
    this.#total += 1;
    this.#bodyBytes += logged.body?.length ?? 0;
    this.#entries.push(logged);
    if (this.#entries.length > KEPT || this.#bodyBytes > KEPT_BODY_BYTES) this.#drop();
    return logged;
  }

  get total(): number {
    return this.#total;
  }

  all(): readonly LoggedRequest[] {
    return this.#entries;
  }

  /** Requests with this method and with a path that starts so; either may be left out. */
  matching(method?: string, pathPrefix = ''): LoggedRequest[] {
    return this.#entries.filter(
      (entry) => (method === undefined || entry.method === method) && entry.path.startsWith(pathPrefix),
    );
  }

  clear(): void {
    this.#entries = [];
    this.#bodyBytes = 0;
    this.#total = 0;
  }

  /** Drops the older half in one go, so that a full log costs nothing per request. */
  #drop(): void {
    this.#entries = this.#entries.slice(Math.ceil(this.#entries.length / 2));
    this.#bodyBytes = this.#entries.reduce((sum, entry) => sum + (entry.body?.length ?? 0), 0);
  }
}
