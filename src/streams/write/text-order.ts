/** Compares texts as bytes, which is how the server orders keys. Nothing is allocated. */
export function compareBytes(a: Buffer, aStart: number, aEnd: number, b: Buffer, bStart: number, bEnd: number): number {
  const size = Math.min(aEnd - aStart, bEnd - bStart);
  for (let n = 0; n < size; n++) {
    const difference = (a[aStart + n] as number) - (b[bStart + n] as number);
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}

/** Compares transaction ids: decimal numbers without leading zeros. */
export function compareNumbers(
  a: Buffer,
  aStart: number,
  aEnd: number,
  b: Buffer,
  bStart: number,
  bEnd: number,
): number {
  const difference = aEnd - aStart - (bEnd - bStart);
  return difference !== 0 ? difference : compareBytes(a, aStart, aEnd, b, bStart, bEnd);
}
