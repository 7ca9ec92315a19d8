import { resolve } from 'node:path';
import { formatAddress } from '../../domain/address.ts';
import { BtMigrateError } from '../../domain/errors.ts';
import { sha256 } from '../../domain/fingerprint.ts';
import type { ResourceKind } from '../../domain/kind.ts';
import type { IdMapping, StateSnapshot } from '../../domain/state.ts';
import { TOOL_VERSION } from '../../domain/tool-version.ts';
import { neededKinds } from '../../inventory/needed-kinds.ts';
import { type Inventories, readInventories } from '../../inventory/read-inventories.ts';
import { fieldBase } from '../../providers/field-base.ts';
import { PROVIDERS } from '../../providers/registry.ts';
import type { Workspace } from '../compose.ts';
import type { CommandContext, CommandResult } from '../define-command.ts';
import { readSnapshot, withHeldState } from '../use-state.ts';
import { formatCount, plural } from '../views/count-words.ts';
import { sanitizeText } from '../views/sanitize-text.ts';
import { cursorPasses, recordPass } from './cursor-passes.ts';
import { type Checkpoints, readCheckpoints } from './read-checkpoints.ts';

/**
 * Takes over what a run of braintrust-migrate recorded: which object became which, and how far rows were sent. Writes to
 * the state only, and only what both organizations still hold.
 * @throws BTM_USAGE for a folder that is none, BTM_FAILED when the state says something else already.
 */
export async function importCheckpoints(
  context: CommandContext,
  { spec, openReaders }: Workspace,
  folder: string,
  options: { readonly objectsOnly: boolean },
): Promise<CommandResult> {
  const checkpoints = readCheckpoints(resolve(context.io.cwd, folder));
  const readers = openReaders();
  const snapshot = await readSnapshot(spec.state);
  const kinds = neededKinds([...new Set<ResourceKind>(['project', ...checkpoints.pairs.map(({ kind }) => kind)])]);
  const read = (state: StateSnapshot): Promise<Inventories> =>
    readInventories({ ...readers, spec, state, kinds, report: context.report });
  const { candidates, gone } = candidatesOf(checkpoints, await read(snapshot));
  refuseConflicts(snapshot, candidates);
  // Read again as the next plan will: mapped objects have the source's addresses, and so have references to them.
  const inventories = await read({ ...snapshot, mappings: [...snapshot.mappings, ...candidates] });
  const mappings = candidates.flatMap((mapping) => {
    const found = inventories.destination.resources.get(mapping.address);
    if (found?.id !== mapping.destinationId) return [];
    const base = fieldBase(PROVIDERS[found.kind], found.fields);
    return [{ ...mapping, fingerprint: found.fingerprint, base }];
  });
  const known = new Set(snapshot.mappings.map(({ kind, sourceId }) => `${kind} ${sourceId}`));
  const added = mappings.filter(({ kind, sourceId }) => !known.has(`${kind} ${sourceId}`));
  const passes = options.objectsOnly ? [] : cursorPasses(checkpoints, [...snapshot.mappings, ...mappings], inventories);
  if (added.length > 0 || passes.length > 0) {
    const digest = sha256(`import-checkpoints ${JSON.stringify(checkpoints)}`);
    await withHeldState(context, spec.state, async (store, lease) => {
      const { runId } = await store.openRun(lease, {
        planDigest: digest,
        sourceOrgId: inventories.source.org.orgId,
        destinationOrgId: inventories.destination.org.orgId,
        toolVersion: TOOL_VERSION,
      });
      for (const mapping of added) await store.putMapping(lease, mapping);
      for (const pass of passes) await recordPass(store, lease, runId, pass);
      await store.finishRun(lease, runId);
    });
  }
  const lost = gone + (candidates.length - mappings.length);
  const summary = `Took over ${plural(added.length, 'object')} and the rows of ${plural(passes.length, 'container')}`;
  return {
    exitCode: 0,
    summary,
    text: [
      `${summary}.`,
      ...(lost === 0
        ? []
        : [
            `${plural(lost, 'pair')} left out: one of the two objects is not there any more, or the spec does not select it.`,
          ]),
      ...checkpoints.unassigned.map(
        (file) => `${sanitizeText(file)} does not say whose rows it is about; they will be read again.`,
      ),
      'What it created and what it only found cannot be told apart, so nothing of it will ever be deleted by prune.',
      'Its copies are not proof: the next plan shows what differs, and bt-migrate verify counts and compares the rows.',
      '',
    ].join('\n'),
    document: {
      objects: added.length,
      containers: passes.length,
      left_out: lost,
      unassigned_cursors: [...checkpoints.unassigned],
      items: added.map(({ kind, address, sourceId, destinationId }) => ({
        kind,
        address,
        source_id: sourceId,
        destination_id: destinationId,
      })),
    },
  };
}

/** What both organizations hold of the pairs. Projects are in no file: they were found by name. */
function candidatesOf(
  { pairs, projects }: Checkpoints,
  { source, destination }: Inventories,
): { readonly candidates: readonly IdMapping[]; readonly gone: number } {
  const byName = projects.flatMap((name) => {
    const address = formatAddress('project', [name]);
    const [from, into] = [source.resources.get(address), destination.resources.get(address)];
    return from === undefined || into === undefined
      ? []
      : [{ kind: 'project' as const, sourceId: from.id, destinationId: into.id }];
  });
  let gone = 0;
  const candidates: IdMapping[] = [];
  for (const { kind, sourceId, destinationId } of [...byName, ...pairs]) {
    const from = source.find([kind], sourceId);
    const into = destination.find([kind], destinationId);
    if (from === undefined || into === undefined) gone += 1;
    else {
      const { fingerprint } = into;
      candidates.push({ kind, sourceId, destinationId, address: from.address, origin: 'adopted', fingerprint });
    }
  }
  return { candidates, gone };
}

function refuseConflicts(snapshot: StateSnapshot, candidates: readonly IdMapping[]): void {
  const known = new Map(snapshot.mappings.map((mapping) => [`${mapping.kind} ${mapping.sourceId}`, mapping]));
  const other = candidates.filter(({ kind, sourceId, destinationId }) => {
    const mapping = known.get(`${kind} ${sourceId}`);
    return mapping !== undefined && mapping.destinationId !== destinationId;
  });
  const [first] = other;
  if (first === undefined) return;
  throw new BtMigrateError('BTM_FAILED', {
    detail: `The state knows ${formatCount(other.length)} of these objects as something else; ${first.address} is one of them. Nothing was taken over.`,
    hint: 'Give this run a state file of its own with --state, or forget what is wrong with bt-migrate state rm.',
  });
}
