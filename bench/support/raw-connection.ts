import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  /** Good until the answer after the next one. */
  readonly body: Buffer;
}

/**
 * One HTTP/1.1 connection that makes as little work as there can be, so that what is measured is the server: one request
 * at a time, only answers with a content-length, received into two buffers in turn, sent from wherever the bytes lie.
 */
export class RawConnection {
  readonly #socket: Socket;
  #landing = Buffer.allocUnsafeSlow(1 << 20);
  #resting = Buffer.allocUnsafeSlow(1 << 20);
  #filled = 0;
  #bodyAt = -1;
  #end = 0;
  #settle: { resolve: (answer: RawAnswer) => void; reject: (error: Error) => void } | null = null;

  private constructor(url: URL) {
    const onread = { buffer: () => this.#offer(), callback: (count: number) => this.#receive(count) };
    this.#socket = connect({ port: Number(url.port), host: url.hostname, noDelay: true, onread });
    this.#socket.on('error', (error) => this.#settle?.reject(error));
    this.#socket.on('close', () => this.#settle?.reject(new Error('the connection is closed')));
  }

  static async open(url: string): Promise<RawConnection> {
    const connection = new RawConnection(new URL(url));
    await once(connection.#socket, 'connect');
    return connection;
  }

  request(method: string, path: string, headers: string, pieces: readonly Buffer[]): Promise<RawAnswer> {
    const size = pieces.reduce((sum, { length }) => sum + length, 0);
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) reject(new Error('the connection is closed'));
      this.#settle = { resolve, reject };
      this.#socket.cork();
      this.#socket.write(`${method} ${path} HTTP/1.1\r\nhost: bench\r\ncontent-length: ${size}\r\n${headers}\r\n`);
      for (const piece of pieces) this.#socket.write(piece);
      this.#socket.uncork();
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #offer(): Buffer {
    const wanted = this.#bodyAt === -1 ? this.#filled + 1 : this.#end;
    if (wanted > this.#landing.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(wanted, this.#landing.length * 2));
      this.#landing.copy(larger, 0, 0, this.#filled);
      this.#landing = larger;
    }
    return this.#landing.subarray(this.#filled);
  }

  #receive(count: number): boolean {
    this.#filled += count;
    if (this.#bodyAt === -1) this.#readHead();
    if (this.#bodyAt === -1 || this.#filled < this.#end) return true;
    const head = this.#landing.toString('latin1', 0, this.#bodyAt);
    const body = this.#landing.subarray(this.#bodyAt, this.#end);
    // Now, because the socket asks at once where the next answer goes.
    [this.#landing, this.#resting] = [this.#resting, this.#landing];
    this.#filled = 0;
    this.#bodyAt = -1;
    this.#settle?.resolve({ status: Number(head.slice(9, 12)), head, body });
    return true;
  }

  #readHead(): void {
    const end = this.#landing.subarray(0, this.#filled).indexOf(HEAD_END);
    if (end === -1) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#landing.toString('latin1', 0, end))?.[1];
    if (length === undefined) {
      this.#settle?.reject(new Error('an answer has no length'));
      return;
    }
    this.#bodyAt = end + HEAD_END.length;
    this.#end = this.#bodyAt + Number(length);
  }
}
