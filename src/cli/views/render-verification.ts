import { Chalk } from 'chalk';
import { compareAddresses } from '../../domain/address.ts';
import type {
  BrokenAttachment,
  BrokenReference,
  FirstDifference,
  UnreadAttachment,
  VerifyItem,
  VerifyLevel,
  VerifySymbol,
} from '../../domain/verification.ts';
import { formatCount, plural } from './count-words.ts';
import { sanitizeText } from './sanitize-text.ts';

const MEANINGS: Readonly<Record<Exclude<VerifySymbol, '='>, string>> = {
  '*': 'different',
  '+': 'missing in the destination',
  '-': 'only in the destination',
  '!': 'could not be read',
};
const BASES: Readonly<Record<VerifyLevel, string>> = {
  count: 'Rows were counted, not read.',
  hash: 'The rows of the destination were read and held against the digests that were taken while they were copied.',
  content: 'The rows of both sides were read and compared one by one.',
};
/** Attachments of one container that are named with why they could not be looked at; --json has all. */
const MOST_UNREAD = 3;
/** Lines of one sign that are shown; `--combined` has all. */
const MOST = 200;

/** Renders what differs, then the figures that the verdict rests on, ending in a newline. */
export function renderVerification(
  items: readonly VerifyItem[],
  { level, color }: { readonly level: VerifyLevel; readonly color: boolean },
): string {
  const paint = new Chalk({ level: color ? 1 : 0 });
  const lines: string[] = [];
  for (const [symbol, meaning] of Object.entries(MEANINGS)) {
    const members = items.filter((item) => item.symbol === symbol);
    if (members.length === 0) continue;
    lines.push(
      paint.bold(`${symbol} ${meaning}${members.every(({ tolerated }) => tolerated) ? ', and left alone' : ''}`),
    );
    for (const item of members.slice(0, MOST)) lines.push(`  ${symbol} ${sanitizeText(item.address)}${notes(item)}`);
    if (members.length > MOST) lines.push(`  and ${formatCount(members.length - MOST)} more`);
    lines.push('');
  }
  return `${[...lines, ...figures(items, level)].join('\n')}\n`;
}

/** A line for each item: its sign and its address, as `rclone check --combined` writes them. */
export function combinedLines(items: readonly VerifyItem[]): string {
  return [...items]
    .sort((a, b) => compareAddresses(a.address, b.address))
    .map(({ symbol, address }) => `${symbol} ${sanitizeText(address)}\n`)
    .join('');
}

function notes({
  source_rows: source,
  destination_rows: destination,
  first_difference: first,
  unread_attachments: unread = [],
  detail,
}: VerifyItem): string {
  const parts = [
    ...(source === null || destination === null || source === destination
      ? []
      : [`${plural(source, 'row')} in the source, ${formatCount(destination)} in the destination`]),
    ...(first === undefined ? [] : [describeFirst(first)]),
    ...(detail === undefined ? [] : [sanitizeText(detail)]),
    ...unread.slice(0, MOST_UNREAD).map(describeUnread),
    ...(unread.length > MOST_UNREAD ? [`and ${plural(unread.length - MOST_UNREAD, 'more attachment')}`] : []),
  ];
  return parts.length === 0 ? '' : `: ${parts.join('; ')}`;
}

function describeFirst(first: FirstDifference): string {
  if ('attachment' in first) return describeAttachment(first);
  if ('reference' in first) return describeReference(first);
  if ('created_after' in first) {
    return `among those created from ${first.created_after} to ${first.created_before}: ${plural(first.source_rows, 'row')} and ${formatCount(first.destination_rows)}`;
  }
  if (!('row' in first)) return sanitizeText(first.path);
  const row = first.row === null ? 'a row without an id' : `row ${sanitizeText(first.row)}`;
  return first.path === null ? `${row} is ${first.what}` : `${row} differs in ${sanitizeText(first.path)}`;
}

function describeUnread({ attachment, side, reason }: UnreadAttachment): string {
  return `${nameAttachment(attachment, side)} could not be looked at: ${sanitizeText(reason)}`;
}

function nameAttachment(attachment: string, side: 'source' | undefined): string {
  return `attachment ${sanitizeText(attachment)}${side === undefined ? '' : ' of the source'}`;
}

function describeAttachment({ attachment, side, bytes, copied_bytes: copied }: BrokenAttachment): string {
  const name = nameAttachment(attachment, side);
  if (bytes === undefined || copied === undefined) return `${name} cannot be downloaded`;
  return `${name} has ${bytes === null ? 'an unknown number of bytes' : plural(bytes, 'byte')} instead of ${formatCount(copied)}`;
}

function describeReference({ row, path, reference, leads_to: target }: BrokenReference): string {
  const place = `${row === null ? '' : `row ${sanitizeText(row)}, `}${sanitizeText(path)}`;
  const what = sanitizeText(reference);
  return `${place} refers to ${what}, ${target === 'source' ? 'which is an object of the source' : 'which the destination does not have'}`;
}

function figures(items: readonly VerifyItem[], level: VerifyLevel): string[] {
  const objects = items.filter((item) => item.level === 'object');
  const streams = items.filter((item) => item.level !== 'object');
  const equal = (some: readonly VerifyItem[]): number => some.filter(({ symbol }) => symbol === '=').length;
  const sum = (value: (item: VerifyItem) => number | null | undefined): number =>
    streams.reduce((total, item) => total + (value(item) ?? 0), 0);
  const all = (value: (item: VerifyItem) => number | undefined): number =>
    items.reduce((total, item) => total + (value(item) ?? 0), 0);
  const attachments = sum(({ attachments: found }) => found?.checked);
  const unknown = sum(({ attachments: found }) => found?.unknown);
  const followed = all(({ references: found }) => found?.followed);
  const kept = all(({ references: found }) => found?.kept);
  const idsInText = all((item) => item.ids_in_text);
  const normalized = sum((item) => item.normalized);
  return [
    `${plural(objects.length, 'object')} compared field by field: ${formatCount(equal(objects))} equal.`,
    `${plural(streams.length, 'container')} of rows: ${formatCount(equal(streams))} equal, ${plural(
      sum((item) => item.source_rows),
      'row',
    )} in the source and ${formatCount(sum((item) => item.destination_rows))} in the destination. ${BASES[level]}`,
    ...(normalized > 0
      ? [`${plural(normalized, 'row')} equal but for the spelling of instants, numbers or the order of keys.`]
      : []),
    ...(followed > 0
      ? [
          `${plural(followed, 'reference')} followed in the destination: ${formatCount(
            all(({ references: found }) => found?.broken),
          )} lead nowhere or to the source${
            kept > 0 ? `, ${formatCount(kept)} of rows were kept, because nothing there answers to them` : ''
          }.`,
        ]
      : []),
    ...(idsInText > 0
      ? [`${plural(idsInText, 'id')} of the source in texts of objects: not counted as a difference.`]
      : []),
    ...(attachments > 0
      ? [
          `${plural(attachments, 'attachment')} asked for: ${formatCount(
            sum(({ attachments: found }) => found?.unavailable),
          )} cannot be downloaded as they were copied${unknown > 0 ? `, ${formatCount(unknown)} could not be looked at` : ''}.`,
        ]
      : []),
  ];
}
