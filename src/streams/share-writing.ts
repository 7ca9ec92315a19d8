import { AttachmentCopier, type AttachmentDeps } from './attachments.ts';
import { BufferPool } from './write/buffer-pool.ts';
import { WriteRoutes } from './write/write-routes.ts';

/** What the lanes of one run share while they write. */
export interface SharedWriting {
  readonly routes: WriteRoutes;
  readonly attachments: AttachmentCopier;
  readonly buffers: BufferPool;
}

/** Asks the destination what a write may hold. `windowBytes` bounds the bytes of rows held by all lanes together. */
export async function shareWriting(deps: AttachmentDeps & { readonly windowBytes: number }): Promise<SharedWriting> {
  const limits = await deps.writer.payloadLimits();
  return {
    routes: new WriteRoutes(limits, deps.windowBytes),
    attachments: new AttachmentCopier(deps),
    buffers: new BufferPool(),
  };
}
