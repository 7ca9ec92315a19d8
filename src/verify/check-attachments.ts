import type { OrgReader } from '../domain/org.ts';
import type { OpenedBlob } from '../domain/row-io.ts';
import type { BrokenAttachment } from '../domain/verification.ts';
import { attachmentsOf, type WantedBlob } from '../streams/attachments-of-page.ts';
import type { ReadPage } from '../streams/read/read-request.ts';

const AT_ONCE = 8;

export interface AttachmentRule {
  readonly reader: OrgReader;
  /** Bytes that each of these keys should have, of those that were copied. */
  readonly sizesOf: (keys: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** Whether what was not copied should be there all the same. */
  readonly others: 'opened' | 'left';
}

/**
 * Looks whether the attachments that rows refer to can be downloaded, with as many bytes as were copied. Each is asked for
 * once; none is read unless its store does not tell its size.
 */
export class AttachmentCheck {
  checked = 0;
  /** In the order of the rows. */
  readonly broken: BrokenAttachment[] = [];
  private readonly rule: AttachmentRule;
  private readonly seen = new Set<string>();

  constructor(rule: AttachmentRule) {
    this.rule = rule;
  }

  async look({ page }: ReadPage): Promise<void> {
    if (page.attachments === null) return;
    const news = [...attachmentsOf(page).values()].filter(({ key }) => !this.seen.has(key));
    if (news.length === 0) return;
    const sizes = await this.rule.sizesOf(news.map(({ key }) => key));
    const wanted = this.rule.others === 'opened' ? news : news.filter(({ key }) => sizes.has(key));
    for (let at = 0; at < wanted.length; at += AT_ONCE) {
      const found = await Promise.all(
        wanted.slice(at, at + AT_ONCE).map((blob) => this.open(blob, sizes.get(blob.key))),
      );
      this.checked += found.length;
      this.broken.push(...found.filter((one) => one !== undefined));
    }
  }

  private async open(blob: WantedBlob, wanted: number | undefined): Promise<BrokenAttachment | undefined> {
    this.seen.add(blob.key);
    const opened = await this.rule.reader.openBlob(blob);
    if (opened.status !== 'done') return { attachment: blob.key, row: null };
    const bytes = await sizeOf(opened, wanted !== undefined);
    if (wanted === undefined || bytes === wanted) return undefined;
    return { attachment: blob.key, row: null, bytes, copied_bytes: wanted };
  }
}

async function sizeOf(
  { size, stream }: Extract<OpenedBlob, { status: 'done' }>,
  isWanted: boolean,
): Promise<number | null> {
  if (size !== null || !isWanted) {
    stream.destroy();
    return size;
  }
  let bytes = 0;
  for await (const piece of stream) bytes += piece.length;
  return bytes;
}
