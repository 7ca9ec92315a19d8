import type { VerifyItem } from '../domain/verification.ts';
import { AttachmentCheck } from './check-attachments.ts';
import type { SplicedRead } from './read-spliced.ts';
import { RowReferences, type RowTargets } from './row-references.ts';
import type { VerifyContext } from './verify-context.ts';

/** What the rows of one container lead to, gathered while they are read. */
export class ContainerCheck {
  readonly references: RowReferences;
  private readonly attachments: AttachmentCheck;
  private readonly sourceAttachments: AttachmentCheck;

  constructor({ source, destination, streams, spec }: VerifyContext, targets: RowTargets) {
    const others = spec.streams.attachments === 'copy' ? 'opened' : 'left';
    this.references = new RowReferences(targets);
    this.attachments = new AttachmentCheck({
      reader: destination,
      sizesOf: (keys) => streams.sizesOfCopies(keys),
      others,
    });
    this.sourceAttachments = new AttachmentCheck({
      reader: source,
      sizesOf: async (keys) => new Map([...(await streams.findBlobs(keys))].map(([key, { size }]) => [key, size])),
      others,
    });
  }

  async lookAtDestination({ read, page }: SplicedRead): Promise<void> {
    this.references.look(page);
    await this.attachments.look(read);
  }

  /** What was copied should still be there, as large as it was. */
  async lookAtSource({ read }: SplicedRead): Promise<void> {
    await this.sourceAttachments.look(read);
  }

  /** The verdict about a container's rows with what they lead to. */
  addTo(item: VerifyItem): VerifyItem {
    const { followed, kept, broken: lost } = this.references;
    const [attachments, source] = [this.attachments, this.sourceAttachments];
    const ofSource = <T>(one: T) => ({ ...one, side: 'source' as const });
    const missing = [...attachments.broken, ...source.broken.map(ofSource)];
    const unread = [...attachments.unread, ...source.unread.map(ofSource)];
    const checked = attachments.checked + source.checked;
    const first = item.first_difference ?? lost[0] ?? missing[0];
    const symbol = item.symbol === '=' && first !== undefined ? '*' : item.symbol;
    return {
      ...item,
      ...(followed === 0 ? {} : { references: { followed, broken: lost.length, kept } }),
      ...(checked === 0 ? {} : { attachments: { checked, unavailable: missing.length, ...unknown(unread.length) } }),
      ...(unread.length === 0 ? {} : { unread_attachments: unread }),
      ...(first === undefined ? {} : { first_difference: first }),
      symbol: symbol === '=' && unread.length > 0 ? '!' : symbol,
    };
  }
}

function unknown(number: number): { unknown?: number } {
  return number === 0 ? {} : { unknown: number };
}
