import { BtMigrateError } from '../domain/errors.ts';
import type { OrgReader } from '../domain/org.ts';
import type { OpenedBlob } from '../domain/row-io.ts';
import type { BrokenAttachment, UnreadAttachment } from '../domain/verification.ts';
import { endsReading } from '../inventory/list-failure.ts';
import { attachmentsOf, type WantedBlob } from '../streams/attachments-of-page.ts';
import type { ReadPage } from '../streams/read/read-request.ts';

const AT_ONCE = 8;
/** So many in a row that cannot be looked at say that their store is out of order, not that each of them is. */
const MOST_IN_A_ROW = 20;

export interface AttachmentRule {
  readonly reader: OrgReader;
  /** Bytes that each of these keys should have, of those that were copied. */
  readonly sizesOf: (keys: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** Whether what was not copied should be there all the same. */
  readonly others: 'opened' | 'left';
}

/**
 * Looks whether the attachments that rows refer to can be downloaded, with as many bytes as were copied. Each is asked for
 * once; none is read unless its store does not tell its size. One that cannot be looked at hides nothing else.
 */
export class AttachmentCheck {
  checked = 0;
  /** In the order of the rows. */
  readonly broken: BrokenAttachment[] = [];
  readonly unread: UnreadAttachment[] = [];
  private readonly rule: AttachmentRule;
  private readonly seen = new Set<string>();
  private unreadInARow = 0;

  constructor(rule: AttachmentRule) {
    this.rule = rule;
  }

  /** @throws errors after which nothing more can be read, and what its store keeps answering. */
  async look({ page }: ReadPage): Promise<void> {
    if (page.attachments === null) return;
    const news = [...attachmentsOf(page).values()].filter(({ key }) => !this.seen.has(key));
    if (news.length === 0) return;
    const sizes = await this.rule.sizesOf(news.map(({ key }) => key));
    const wanted = this.rule.others === 'opened' ? news : news.filter(({ key }) => sizes.has(key));
    for (let at = 0; at < wanted.length; at += AT_ONCE) {
      const found = await Promise.all(
        wanted.slice(at, at + AT_ONCE).map((blob) => this.judge(blob, sizes.get(blob.key))),
      );
      this.checked += found.length;
      for (const one of found) {
        if (one === undefined) continue;
        if ('reason' in one) this.unread.push(one);
        else this.broken.push(one);
      }
    }
  }

  private async judge(
    blob: WantedBlob,
    wanted: number | undefined,
  ): Promise<BrokenAttachment | UnreadAttachment | undefined> {
    this.seen.add(blob.key);
    try {
      const verdict = await this.open(blob, wanted);
      this.unreadInARow = 0;
      return verdict;
    } catch (error) {
      if (!(error instanceof BtMigrateError) || endsReading(error)) throw error;
      this.unreadInARow += 1;
      if (this.unreadInARow >= MOST_IN_A_ROW) throw error;
      return { attachment: blob.key, reason: error.detail };
    }
  }

  private async open(blob: WantedBlob, wanted: number | undefined): Promise<BrokenAttachment | undefined> {
    const opened = await this.rule.reader.openBlob(blob);
    if (opened.status !== 'done') return { attachment: blob.key, row: null };
    const bytes = await sizeOf(opened, wanted);
    if (wanted === undefined || bytes === wanted) return undefined;
    return { attachment: blob.key, row: null, bytes, copied_bytes: wanted };
  }
}

async function sizeOf(
  { size, stream }: Extract<OpenedBlob, { status: 'done' }>,
  wanted: number | undefined,
): Promise<number | null> {
  if (size !== null || wanted === undefined) {
    stream.destroy();
    return size;
  }
  let bytes = 0;
  for await (const piece of stream) {
    bytes += piece.length;
    // One that never ends is as wrong as one that is too long.
    if (bytes > wanted) break;
  }
  return bytes;
}
