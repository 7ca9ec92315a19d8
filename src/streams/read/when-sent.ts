/**
 * Resolves when requests that were made before have gone out, so that the other side works on them while this thread is
 * busy. That takes two turns of the event loop: the HTTP client looks whether a connection still lives before it uses it
 * again, and does so in the turn after.
 */
export function whenSent(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
