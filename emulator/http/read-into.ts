import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

/** What is used of the system handle of a socket, which Node does not document. */
interface SystemHandle {
  readonly useUserBuffer?: unknown;
}

/**
 * Lets a socket read into memory that `onread` offers; answers the socket to go on with. Node does this for sockets that
 * connect but not for accepted ones, so the system handle moves from the accepted socket into a new one. Where Node has no
 * such handle, what comes is copied, which costs time and nothing else.
 * @param accepted a socket of a server that pauses on connect
 */
export function readInto(accepted: Socket, onread: OnReadOpts & { buffer: () => Uint8Array }): Socket {
  const holder = accepted as unknown as { _handle?: SystemHandle | null };
  const handle = holder._handle;
  if (typeof handle?.useUserBuffer !== 'function') return copyInto(accepted, onread);
  holder._handle = null;
  // The server counts its connections by this; without a handle it closes nothing.
  accepted.destroy();
  return new Socket({ handle, allowHalfOpen: true, onread } as SocketConstructorOpts);
}

function copyInto(socket: Socket, onread: { buffer: () => Uint8Array; callback: OnReadOpts['callback'] }): Socket {
  socket.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) {
      const target = onread.buffer();
      const count = chunk.copy(target, 0, at);
      at += count;
      if (onread.callback(count, target)) continue;
      socket.pause();
      if (at < chunk.length) socket.unshift(chunk.subarray(at));
      return;
    }
  });
  return socket.resume();
}
