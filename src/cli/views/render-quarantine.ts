import type { Address } from '../../domain/address.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { RetryOutcome } from '../../domain/quarantine-retry.ts';
import type { QuarantineItem, QuarantineReason } from '../../domain/stream-state.ts';
import { clipText } from './clip-text.ts';
import { formatBytes } from './count-words.ts';

/** A quarantined item, with the address of its stream. */
export interface ShownItem {
  readonly item: QuarantineItem;
  /** The source id of the container where the state does not know its address. */
  readonly address: Address;
}

const REASONS: Readonly<Record<QuarantineReason, string>> = {
  rejected: 'the destination refused the row',
  too_large: 'the row is larger than the destination takes',
  unreadable: 'the row could not be read',
  attachment_uploading: 'the attachment was still being uploaded to the source',
  attachment_missing: 'the source does not have the attachment',
  attachment_failed: 'the attachment could not be copied',
  attachment_too_large: 'the attachment is larger than the destination takes',
};

const OUTCOMES: Readonly<Record<RetryOutcome, string>> = {
  sent: 'is in the destination now',
  kept: 'was left alone: the destination has this row and it was edited there',
  gone: 'is not in the source any more',
  refused: 'was refused again',
  without_id: 'has no id that could be asked for: mend it in the source, then give it up here with --give-up',
  changed: 'was edited in the source each time it was looked for, and is still to be sent: try again',
  unreadable: 'still cannot be read from the source',
  given_up: 'was given up: nothing was sent',
};

/** One entry of `items[]` in the JSON of `quarantine list` and `quarantine retry`. */
export function quarantineItem({ item, address }: ShownItem): JsonObject {
  return {
    id: item.id,
    address,
    status: item.status,
    reason: item.reason,
    detail: item.detail,
    row_id: item.rowId,
    attachment_key: item.attachmentKey,
    bytes: item.size,
    file: item.file,
    run_id: item.runId,
    container_id: item.container,
  };
}

/** For people: an item takes a few lines, the id first, which `quarantine retry` takes. */
export function renderQuarantine(items: readonly ShownItem[], folder: string): string {
  return items
    .map(({ item, address }) => {
      const size = item.size > 0 ? `, ${formatBytes(item.size)}` : '';
      const settled = item.status === 'settled' ? ' (settled)' : '';
      const lines = [
        `${item.id}${settled}`,
        `  ${clipText(address)}: ${subject(item)}${size}`,
        `  ${REASONS[item.reason]}: ${clipText(item.detail)}`,
      ];
      if (item.file !== null) lines.push(`  its body: ${clipText(`${folder}/${item.file}`)}`);
      return `${lines.join('\n')}\n`;
    })
    .join('\n');
}

export function renderRetry(shown: ShownItem, outcome: RetryOutcome, detail: string | undefined): string {
  const from = outcome === 'refused' ? ' The server says:' : '';
  const words = detail === undefined ? '' : `${from} ${clipText(detail)}`;
  return `${clipText(shown.address)}: ${subject(shown.item)} ${OUTCOMES[outcome]}.${words}\n`;
}

function subject({ rowId, attachmentKey }: QuarantineItem): string {
  const row = rowId === null ? 'a row without a readable id' : `row ${clipText(rowId)}`;
  return attachmentKey === null ? row : `attachment ${clipText(attachmentKey)} of ${row}`;
}
