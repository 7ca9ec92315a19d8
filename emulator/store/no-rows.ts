import type { BlobSlot, RowSlot } from '../slots.ts';

/** Stands in until the row store is there. */
export const noRows: RowSlot = { count: () => 0, dump: () => null, load: () => undefined, close: () => undefined };

/** Stands in until the object store is there. */
export const noBlobs: BlobSlot = {
  uploadPath: (key) => `/object-store/${key}`,
  dump: () => null,
  load: () => undefined,
  close: () => undefined,
};
