import type { OrgReader } from '../domain/org.ts';
import { attachmentsOf } from '../streams/attachments-of-page.ts';
import type { ReadPage } from '../streams/read/read-request.ts';

const AT_ONCE = 8;

/** Looks whether the attachments that rows refer to can be downloaded; each is asked for once, none is read. */
export class AttachmentCheck {
  checked = 0;
  /** Keys that lead nowhere, in the order of the rows. */
  readonly unavailable: string[] = [];
  private readonly reader: OrgReader;
  private readonly seen = new Set<string>();

  constructor(reader: OrgReader) {
    this.reader = reader;
  }

  async look({ page }: ReadPage): Promise<void> {
    if (page.attachments === null) return;
    const wanted = [...attachmentsOf(page).values()].filter(({ key }) => !this.seen.has(key));
    for (let at = 0; at < wanted.length; at += AT_ONCE) {
      const found = await Promise.all(
        wanted.slice(at, at + AT_ONCE).map(async (blob) => {
          this.seen.add(blob.key);
          const opened = await this.reader.openBlob(blob);
          if (opened.status === 'done') opened.stream.destroy();
          return { key: blob.key, isThere: opened.status === 'done' };
        }),
      );
      this.checked += found.length;
      this.unavailable.push(...found.filter(({ isThere }) => !isThere).map(({ key }) => key));
    }
  }
}
