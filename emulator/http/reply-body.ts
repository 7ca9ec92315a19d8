/** A body that is put together while it is sent; see `Reply`. */
export interface PiecedBody {
  /** Bytes of all pieces. */
  readonly size: number;
  /** A piece is good until the next one is asked for. */
  pieces(): Iterable<Buffer>;
}

export type ReplyBody = string | Buffer | PiecedBody;

/** A body of given buffers. */
export function bodyOfBuffers(buffers: readonly Buffer[]): PiecedBody {
  return { size: buffers.reduce((sum, { length }) => sum + length, 0), pieces: () => buffers };
}

/** Bodies one behind the other. */
export function joinBodies(bodies: readonly PiecedBody[]): PiecedBody {
  return {
    size: bodies.reduce((sum, { size }) => sum + size, 0),
    *pieces() {
      for (const body of bodies) yield* body.pieces();
    },
  };
}

/** Any body in pieces. */
export function piecedBody(body: ReplyBody | undefined): PiecedBody {
  if (body === undefined) return bodyOfBuffers([]);
  if (typeof body === 'string') return bodyOfBuffers([Buffer.from(body, 'utf8')]);
  return Buffer.isBuffer(body) ? bodyOfBuffers([body]) : body;
}

/** All of a body in memory of its own. */
export function wholeBody(body: ReplyBody | undefined): Buffer {
  const { size, pieces } = piecedBody(body);
  const whole = Buffer.allocUnsafe(size);
  let at = 0;
  for (const piece of pieces()) at += piece.copy(whole, at);
  return whole;
}
