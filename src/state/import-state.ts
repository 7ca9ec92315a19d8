import { existsSync, renameSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { BtMigrateError } from '../domain/errors.ts';
import type { LeaseHolder, StateDocument } from '../domain/state.ts';
import { REAL_ENVIRONMENT, type StateEnvironment } from './environment.ts';
import { migrate } from './migrate.ts';
import { isTaken, refuseLeftovers } from './open-for-writing.ts';
import { openSqliteState } from './open-sqlite-state.ts';
import { insertDocument } from './state-document.ts';
import { explainFailure, isBusy } from './state-error.ts';
import { stateTables } from './state-tables.ts';
import { writeStateFile } from './write-state-file.ts';

export interface ImportOptions extends Partial<StateEnvironment> {
  /** Replaces whatever is there; what cannot be read is kept beside it, and a held lock is still respected. */
  readonly force: boolean;
  readonly holder: LeaseHolder;
}

/**
 * Makes the file at `path` equal to an exported state, all at once. Without `force` it replaces only an older stage of
 * the same state: same lineage, serial not higher, no run that the document does not know.
 * @throws BTM_FAILED when that would lose something, BTM_STATE_LOCKED, BTM_STATE_UNREADABLE.
 */
export async function importState(document: StateDocument, path: string, options: ImportOptions): Promise<void> {
  const { force, holder, ...given } = options;
  const environment = { ...REAL_ENVIRONMENT, ...given };
  const file = resolve(path);
  try {
    try {
      if (isTaken(file)) await settleExisting(file, document, { force, holder, ...environment });
      else refuseLeftovers(file);
    } catch (error) {
      if (!force || !isDamage(error)) throw error;
      setAside(file, environment.uuid());
    }
    writeStateFile(file, bytesOf(document), isTaken(file) ? 'replace' : 'keep', environment.uuid());
  } catch (error) {
    throw explainFailure(file, error);
  }
}

/** Leaves the file to be replaced as one plain file: a log beside it would be replayed into its successor. */
async function settleExisting(path: string, document: StateDocument, options: ImportOptions): Promise<void> {
  const store = await openSqliteState({ ...options, path, mode: 'write', mustExist: true });
  try {
    const lease = await store.acquireLease(options.holder, 0);
    if (!options.force) refuseLoss(path, await store.exportDocument(), document);
    await lease.release();
  } finally {
    await store.close();
  }
  if (existsSync(`${path}-wal`)) {
    throw new BtMigrateError('BTM_STATE_LOCKED', {
      detail: `Another process has ${path} open.`,
      hint: 'Wait until it ends, then import again.',
    });
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof BtMigrateError && error.code === 'BTM_STATE_UNREADABLE' && !isBusy(error.cause);
}

/** Keeps what cannot be read under another name; the log goes first, so that it never lies beside a new file. */
function setAside(path: string, unique: string): void {
  for (const suffix of ['-wal', '-shm', '-journal', '']) {
    if (isTaken(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${path}.damaged-${unique}${suffix}`);
  }
}

function refuseLoss(path: string, present: StateDocument, document: StateDocument): void {
  if (present.mappings.length === 0 && present.runs.length === 0) return;
  const known = new Set(document.runs.map((run) => run.run_id));
  const unknown = present.runs.find((run) => !known.has(run.run_id));
  const why =
    present.lineage !== document.lineage
      ? `is another state (lineage ${present.lineage}, the document has ${document.lineage})`
      : present.serial > document.serial
        ? `is newer (serial ${present.serial}, the document has ${document.serial})`
        : unknown !== undefined
          ? `knows run ${unknown.run_id}, which the document does not`
          : aheadIn(present, document);
  if (why === undefined) return;
  throw new BtMigrateError('BTM_FAILED', {
    detail: `${path} ${why}. Importing would lose what it holds.`,
    hint: 'Import into another file, or keep a copy of this one and give --force.',
  });
}

/** Says of which container the present state has copied more than the document knows; undefined for none. */
function aheadIn(present: StateDocument, document: StateDocument): string | undefined {
  const known = rowsByContainer(document);
  const ahead = [...rowsByContainer(present)].find(([container, rows]) => rows > (known.get(container) ?? 0));
  return ahead === undefined ? undefined : `knows of ${ahead[1]} copied rows of ${ahead[0]}, the document of fewer`;
}

function rowsByContainer({ streams }: StateDocument): Map<string, number> {
  const rows = new Map<string, number>();
  const unfinished = streams?.ranges.filter(({ status }) => status !== 'committed') ?? [];
  for (const part of [...(streams?.progress ?? []), ...unfinished]) {
    const name = `${part.stream} ${part.container}`;
    rows.set(name, (rows.get(name) ?? 0) + part.rows);
  }
  return rows;
}

function bytesOf(document: StateDocument): Buffer {
  const db = new Database(':memory:');
  try {
    migrate(db);
    db.transaction(() => insertDocument(stateTables(db), document))();
    return db.serialize();
  } finally {
    db.close();
  }
}
