/** Sizes are rounded up to this, so that bodies of about the same size can use one another's memory. */
const STEP = 1 << 18;
/** Kept for later, in bytes. */
const LARGEST_STOCK = 1 << 27;

/** Memory that was given back, the last one last. */
const stock: SharedArrayBuffer[] = [];
let stocked = 0;
const lent = new WeakSet<SharedArrayBuffer>();

/**
 * Memory for a large body. Used memory is used again, because a page that is touched for the first time costs more than all
 * else that is done with a body. It is shared, though nobody shares it, because that does not count as garbage to be
 * collected soon: with ordinary buffers the collector starts a full pass for every 64 MiB.
 */
export function lendBody(size: number): Buffer {
  const memory = fromStock(size) ?? new SharedArrayBuffer(Math.ceil(size / STEP) * STEP);
  lent.add(memory);
  return Buffer.from(memory, 0, size);
}

/** Gives a body's memory to the next one, when it was lent; nobody may read it afterwards. */
export function returnBody(body: Buffer): void {
  const memory: ArrayBufferLike = body.buffer;
  if (!(memory instanceof SharedArrayBuffer) || !lent.delete(memory)) return;
  stock.push(memory);
  stocked += memory.byteLength;
  while (stocked > LARGEST_STOCK) stocked -= stock.shift()?.byteLength ?? stocked;
}

/** What was used last fits best into the processor's cache. Twice the size would be wasted on it. */
function fromStock(size: number): SharedArrayBuffer | undefined {
  const at = stock.findLastIndex(({ byteLength }) => byteLength >= size && byteLength < size * 2 + STEP);
  if (at < 0) return undefined;
  const [memory] = stock.splice(at, 1);
  stocked -= memory?.byteLength ?? 0;
  return memory;
}
