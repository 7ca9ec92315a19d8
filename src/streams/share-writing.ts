import { AttachmentCopier, type AttachmentDeps } from './attachments.ts';
import type { ByteWindow } from './byte-window.ts';
import { BufferPool } from './write/buffer-pool.ts';
import { WriteRoutes } from './write/write-routes.ts';

/** What the lanes of one run share while they write. */
export interface SharedWriting {
  readonly routes: WriteRoutes;
  readonly attachments: AttachmentCopier;
  readonly buffers: BufferPool;
}

/** Asks the destination what a write may hold. */
export async function shareWriting(deps: AttachmentDeps & { readonly window: ByteWindow }): Promise<SharedWriting> {
  const limits = await deps.writer.payloadLimits();
  return {
    routes: new WriteRoutes(limits, deps.window.limit),
    attachments: new AttachmentCopier(deps),
    buffers: new BufferPool(deps.window),
  };
}
