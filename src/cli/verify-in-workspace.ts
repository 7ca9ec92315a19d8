import { resolve } from 'node:path';
import { BtMigrateError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { VerifyItem, VerifyLevel } from '../domain/verification.ts';
import { classifyDrift } from '../planner/classify-drift.ts';
import { gatherInputs } from '../planner/gather-inputs.ts';
import { ByteWindow } from '../streams/byte-window.ts';
import { lookUpReferences } from '../streams/look-up-references.ts';
import { newReadConditions } from '../streams/read/read-conditions.ts';
import { checkReferences } from '../verify/check-references.ts';
import { verifyStreams } from '../verify/verify-streams.ts';
import type { Workspace } from './compose.ts';
import type { CommandContext, CommandResult } from './define-command.ts';
import { unreadError } from './drift-result.ts';
import { objectVerdict } from './object-verdict.ts';
import { dayOf } from './plan-in-workspace.ts';
import { usageError } from './usage-error.ts';
import { plural } from './views/count-words.ts';
import { combinedLines, renderVerification } from './views/render-verification.ts';
import { checkWritable, writePrivateFile } from './write-private-file.ts';
import { writeText } from './write-text.ts';

export interface VerifyFlags {
  readonly level: VerifyLevel;
  readonly bothSides: boolean;
  readonly sample: number | undefined;
  readonly combined: string | undefined;
}

/** Bytes of rows held at once, both sides together. */
const WINDOW_BYTES = 32 * 1024 * 1024;
/** Containers whose rows are read side by side. */
const SIDE_BY_SIDE = 4;

/**
 * Compares every object field by field and the rows of every container, and says what the verdict rests on. Ends with 9 when
 * something differs and with 8 when rows or attachments could not be read, which hides no difference; with 6 or 8, which
 * beats both, when a list could not be read, because what differs then may be what nobody saw.
 * @throws BTM_USAGE for flags that exclude each other, and what reading throws.
 */
export async function verifyInWorkspace(
  context: CommandContext,
  { spec, openReaders, openState }: Workspace,
  { level, bothSides, sample, combined }: VerifyFlags,
): Promise<CommandResult> {
  if (sample !== undefined && (level !== 'hash' || bothSides || sample === 0)) {
    throw usageError('--sample N takes digests of N windows (at least 1), so it goes with --level hash only.');
  }
  const file = combined === undefined ? undefined : resolve(context.io.cwd, combined);
  if (file !== undefined) await checkWritable(file);
  const { io, report, signal } = context;
  const store = await openState();
  const readers = openReaders();
  const inputs = await gatherInputs({
    spec,
    ...readers,
    store,
    asOf: dayOf(undefined, io.now()),
    report,
    rows: 'ignored',
  });
  const objects = classifyDrift(inputs);
  const rows = await verifyStreams({
    spec,
    ...readers,
    inventories: inputs,
    state: inputs.state,
    streams: store.streams,
    lookup: lookUpReferences(inputs.source, inputs.state, (address) => inputs.destination.resources.get(address)?.id),
    level,
    bothSides,
    sample,
    window: new ByteWindow(WINDOW_BYTES),
    conditions: { source: newReadConditions(), destination: newReadConditions() },
    parallelism: SIDE_BY_SIDE,
    signal,
    now: () => performance.now(),
    today: io.now(),
    report,
    onEstimate: ({ source, destination }) => {
      if (source + destination === 0) return;
      const text = `Reading rows: about ${plural(source, 'request')} to the source and ${destination} to the destination.\n`;
      void writeText(io.stderr, text);
    },
  });
  const references = checkReferences(inputs);
  const items = [...objects.map((one) => objectVerdict(one, references.get(one.address))), ...rows];
  if (file !== undefined) await writePrivateFile(file, combinedLines(items));
  const different = items.filter(({ symbol, tolerated }) => symbol !== '=' && symbol !== '!' && tolerated !== true);
  const lost = unreadError(objects, inputs);
  const error = lost ?? unreadRows(rows);
  const summary =
    different.length === 0
      ? error === undefined
        ? `Verified ${plural(items.length, 'item')}`
        : 'Not everything could be read'
      : `${different.length} of ${plural(items.length, 'item')} differ`;
  return {
    exitCode: lost?.exitCode ?? (different.length > 0 ? 9 : (error?.exitCode ?? 0)),
    summary,
    text: renderVerification(items, { level: level === 'hash' && bothSides ? 'content' : level, color: context.color }),
    document: { items: items as unknown as Json },
    ...(error === undefined ? {} : { error }),
  };
}

function unreadRows(rows: readonly VerifyItem[]): BtMigrateError | undefined {
  const whole = rows.filter(({ symbol, unread_attachments: some }) => symbol === '!' && some === undefined);
  const attachments = rows.flatMap(({ address, unread_attachments: some = [] }) =>
    some.map(({ attachment, reason }) => ({ address, attachment, reason })),
  );
  const [row, blob] = [whole[0], attachments[0]];
  if (row === undefined && blob === undefined) return undefined;
  const sentences = [
    ...(row === undefined
      ? []
      : [
          `The rows of ${plural(whole.length, 'container')} could not be read; ${row.address} is one of them. ${row.detail ?? ''}`,
        ]),
    ...(blob === undefined
      ? []
      : [
          `${plural(attachments.length, 'attachment')} could not be looked at; ${blob.attachment} of ${blob.address} is one of them. ${blob.reason}`,
        ]),
  ];
  return new BtMigrateError('BTM_SERVER_FAILED', {
    detail: sentences.join('\n'),
    hint: 'Run again; until then nothing is said about them.',
  });
}
