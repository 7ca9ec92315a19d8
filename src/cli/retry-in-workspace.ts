import { BtMigrateError } from '../domain/errors.ts';
import type { RetriedItem } from '../domain/quarantine-retry.ts';
import type { Lease, StateStore } from '../domain/state.ts';
import type { QuarantineItem } from '../domain/stream-state.ts';
import { isDealtWith, retryQuarantined } from '../executor/retry-quarantined.ts';
import { quarantineFolder } from '../state/quarantine-folder.ts';
import type { Workspace } from './compose.ts';
import type { CommandContext, CommandResult } from './define-command.ts';
import { withAddresses } from './stream-addresses.ts';
import { withHeldState } from './use-state.ts';
import { quarantineItem, renderRetry } from './views/render-quarantine.ts';

export interface RetryFlags {
  /** Undefined means every open item. */
  readonly id: string | undefined;
  readonly giveUp: boolean;
}

/** Tries quarantined items again, or gives them up; exit code 3 when some are left. */
export async function retryInWorkspace(
  context: CommandContext,
  workspace: Workspace,
  flags: RetryFlags,
): Promise<CommandResult> {
  const { spec } = workspace;
  if (flags.giveUp && flags.id === undefined) {
    throw new BtMigrateError('BTM_USAGE', {
      detail: '--give-up takes one item off the list, and none was named.',
      hint: 'See the ids with `bt-migrate quarantine list`.',
    });
  }
  const place = { path: spec.state.path, mustExist: true };
  return withHeldState(context, place, async (store, lease) => {
    const items = chosenOf(await store.streams.quarantine(), flags.id);
    const retried = flags.giveUp
      ? await giveUp(items, store, lease)
      : items.length === 0
        ? []
        : await retryQuarantined(items, {
            spec,
            ...workspace.openForWriting(),
            store,
            lease,
            quarantine: quarantineFolder(spec.state.path),
            report: context.report,
            signal: context.signal,
          });
    const shown = withAddresses(
      retried.map(({ item }) => item),
      await store.snapshot(),
    );
    const left = retried.filter(({ outcome }) => !isDealtWith(outcome)).length;
    const texts = retried.flatMap(({ outcome, detail }, index) => {
      const one = shown[index];
      return one === undefined ? [] : [{ text: renderRetry(one, outcome, detail), item: quarantineItem(one), outcome }];
    });
    return {
      exitCode: left === 0 ? 0 : 3,
      summary:
        retried.length === 0
          ? 'Nothing is quarantined'
          : `${retried.length - left} dealt with, ${left} still quarantined`,
      ...(texts.length === 0 ? {} : { text: texts.map(({ text }) => text).join('') }),
      document: { items: texts.map(({ item, outcome }) => ({ ...item, outcome })) },
    };
  });
}

function chosenOf(items: readonly QuarantineItem[], id: string | undefined): QuarantineItem[] {
  const open = items.filter(({ status }) => status === 'open');
  if (id === undefined) return open;
  const chosen = open.filter((item) => item.id === id);
  if (chosen.length > 0) return chosen;
  throw new BtMigrateError('BTM_USAGE', {
    detail: `${JSON.stringify(id)} is not the id of an item that is quarantined.`,
    hint: 'See the ids with `bt-migrate quarantine list`.',
  });
}

async function giveUp(items: readonly QuarantineItem[], store: StateStore, lease: Lease): Promise<RetriedItem[]> {
  await store.streams.settleQuarantined(
    lease,
    items.map(({ id }) => id),
  );
  return items.map((item) => ({ item, outcome: 'given_up' }));
}
