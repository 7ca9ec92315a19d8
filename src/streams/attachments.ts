import { BtMigrateError } from '../domain/errors.ts';
import type { OrgReader, OrgWriter } from '../domain/org.ts';
import type { BlobRef, OpenedBlob } from '../domain/row-io.ts';
import type { Lease } from '../domain/state.ts';
import type { QuarantineReason } from '../domain/stream-state.ts';
import type { StreamStore } from '../domain/stream-store.ts';

/** Bytes of the largest object that one signed upload takes; the stores behind the API have this limit. */
const LARGEST_ATTACHMENT = 5 * 1024 ** 3;
/** Attachments under way at once, whatever their size: each holds a few pieces of 64 KB. */
const AT_ONCE = 8;
/** Exit codes of errors that end a run: the state, credentials, an interruption. */
const FATAL: ReadonlySet<number> = new Set([5, 6, 130, 143]);

export type BlobFate =
  | { readonly status: 'copied'; readonly key: string; readonly bytes: number }
  | { readonly status: 'failed'; readonly reason: QuarantineReason; readonly detail: string };

export interface CopiedBlobs {
  /** New keys by source key; what could not be copied is not in it. */
  readonly keys: ReadonlyMap<string, string>;
  /** What this call did; what an earlier one did is only in `keys`. */
  readonly news: readonly { readonly sourceKey: string; readonly fate: BlobFate }[];
}

export interface AttachmentDeps {
  readonly reader: OrgReader;
  readonly writer: OrgWriter;
  readonly store: Pick<StreamStore, 'findBlobs' | 'recordBlobs'>;
  readonly lease: Lease;
}

/**
 * Copies attachments from one organization to the other, each once in a run and over runs. Bytes pass through; nothing is
 * held but the keys that failed. One for all lanes of a run.
 */
export class AttachmentCopier {
  private readonly deps: AttachmentDeps;
  private readonly underWay = new Map<string, Promise<BlobFate>>();
  private readonly failed = new Set<string>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  constructor(deps: AttachmentDeps) {
    this.deps = deps;
  }

  /** Throws what ends a run; an attachment that cannot be copied is an answer. */
  async copy(wanted: ReadonlyMap<string, BlobRef>): Promise<CopiedBlobs> {
    const keys = new Map<string, string>();
    // Asked first: what ends while the state is asked would be in neither.
    const joinable = new Map([...wanted.keys()].map((key) => [key, this.underWay.get(key)] as const));
    const known = await this.deps.store.findBlobs([...wanted.keys()]);
    const news: { sourceKey: string; fate: BlobFate }[] = [];
    await Promise.all(
      [...wanted].map(async ([sourceKey, blob]) => {
        const before = known.get(sourceKey);
        if (before !== undefined) keys.set(sourceKey, before.destinationKey);
        else if (!this.failed.has(sourceKey)) {
          const joined = joinable.get(sourceKey) ?? this.underWay.get(sourceKey);
          const fate = await (joined ?? this.begin(sourceKey, blob));
          if (fate.status === 'copied') keys.set(sourceKey, fate.key);
          if (joined === undefined) news.push({ sourceKey, fate });
        }
      }),
    );
    return { keys, news };
  }

  private begin(sourceKey: string, blob: BlobRef): Promise<BlobFate> {
    const fate = this.copyOne(sourceKey, blob).finally(() => this.underWay.delete(sourceKey));
    this.underWay.set(sourceKey, fate);
    return fate;
  }

  private async copyOne(sourceKey: string, blob: BlobRef): Promise<BlobFate> {
    await this.takeTurn();
    try {
      const fate = await this.move(blob);
      if (fate.status === 'failed') this.failed.add(sourceKey);
      else {
        const copied = { sourceKey, destinationKey: fate.key, size: fate.bytes };
        await this.deps.store.recordBlobs(this.deps.lease, [copied]);
      }
      return fate;
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }

  private async takeTurn(): Promise<void> {
    while (this.running >= AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running += 1;
  }

  private async move(blob: BlobRef): Promise<BlobFate> {
    try {
      const opened = await this.deps.reader.openBlob(blob);
      if (opened.status !== 'done') return whyNot(opened);
      const bytes = opened.size ?? (await sizeOf(opened.stream));
      if (bytes > LARGEST_ATTACHMENT) {
        opened.stream.destroy();
        const least = opened.size === null ? 'at least ' : '';
        return failed('attachment_too_large', `It has ${least}${bytes} bytes; an upload takes ${LARGEST_ATTACHMENT}.`);
      }
      // The stream that was opened first is used first, unless it was read to learn its length.
      let first = opened.size === null ? undefined : opened.stream;
      const open = async (): Promise<AsyncIterable<Buffer>> => {
        const stream = first ?? (await this.reopen(blob));
        first = undefined;
        return stream;
      };
      try {
        const { filename, contentType } = blob;
        const key = await this.deps.writer.putBlob({ filename, contentType, size: bytes, open });
        return { status: 'copied', key, bytes };
      } finally {
        first?.destroy();
      }
    } catch (error) {
      if (!(error instanceof BtMigrateError) || FATAL.has(error.exitCode)) throw error;
      return failed('attachment_failed', error.detail);
    }
  }

  private async reopen(blob: BlobRef): Promise<AsyncIterable<Buffer>> {
    const opened = await this.deps.reader.openBlob(blob);
    if (opened.status === 'done') return opened.stream;
    throw new BtMigrateError('BTM_RESPONSE_UNREADABLE', {
      detail: `The attachment was there and is ${opened.status} now.`,
    });
  }
}

function whyNot(opened: Exclude<OpenedBlob, { status: 'done' }>): BlobFate {
  switch (opened.status) {
    case 'uploading':
      return failed('attachment_uploading', 'Its upload to the source has not ended: there is nothing to copy yet.');
    case 'missing':
      return failed('attachment_missing', 'The source does not have it.');
    case 'error':
      return failed('attachment_failed', `Its upload to the source failed: ${opened.message}`);
  }
}

function failed(reason: QuarantineReason, detail: string): BlobFate {
  return { status: 'failed', reason, detail };
}

/** Reads a stream to learn its length, because an upload has to announce it; no further than an upload may be long. */
async function sizeOf(stream: AsyncIterable<Buffer>): Promise<number> {
  let size = 0;
  for await (const piece of stream) {
    size += piece.length;
    if (size > LARGEST_ATTACHMENT) break;
  }
  return size;
}
