/** Header names in lower case; a header that came several times is joined by commas. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** One request with all of its body. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query, as requested. */
  readonly target: string;
  readonly headers: RequestHeaders;
  /** Belongs to whoever handles the request. */
  readonly body: Buffer;
}
