import { createHmac } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { BtMigrateError } from '../domain/errors.ts';
import { equalJson } from '../domain/json.ts';
import { type ResourceKind, STREAM_OF } from '../domain/kind.ts';
import type { ActionId } from '../domain/plan.ts';
import type {
  AcquireOptions,
  Completion,
  IdMapping,
  Lease,
  LeaseHolder,
  Run,
  RunRequest,
  StateDocument,
  StateOrgs,
  StateSnapshot,
  StateStore,
} from '../domain/state.ts';
import { storedActionId, storedSecretName, storedText } from '../domain/stored-name.ts';
import type { HeldLease } from '../domain/stream-store.ts';
import { CommitQueue } from './commit-queue.ts';
import { mappingRow, runOf, snapshotOf } from './convert-rows.ts';
import type { StateEnvironment } from './environment.ts';
import { LeaseDesk } from './lease-desk.ts';
import { SqliteStreams } from './sqlite-streams.ts';
import { documentOf } from './state-document.ts';
import { explainFailure } from './state-error.ts';
import { type MetaRow, type RunRow, type StateTables, stateTables } from './state-tables.ts';
import type { CommitLog } from './write-ahead-log.ts';

export interface SqliteStoreParts {
  readonly db: Database;
  /** Where it is kept, for messages. */
  readonly path: string;
  readonly mode: 'read' | 'write';
  readonly environment: StateEnvironment;
  /** Throws when the open file is no longer the one at `path`. */
  readonly guard: () => void;
  readonly log: CommitLog;
  /** Runs before the database is closed. */
  readonly beforeClose: () => void;
}

/** The state in a SQLite database, wherever that is kept. Callers pass and get domain values; rows stay in here. */
export class SqliteStore implements StateStore {
  readonly desk: LeaseDesk;
  readonly streams: SqliteStreams;
  private readonly parts: SqliteStoreParts;
  private readonly tables: StateTables;
  private readonly queue: CommitQueue;
  private closed: Promise<void> | undefined;

  constructor(parts: SqliteStoreParts) {
    this.parts = parts;
    this.tables = stateTables(parts.db);
    const { db, path, guard, log, environment } = parts;
    this.queue = new CommitQueue({ db, path, guard, flushLog: () => log.flush() });
    this.desk = new LeaseDesk({ path, environment, queue: this.queue, table: this.tables.lease });
    this.streams = new SqliteStreams({
      tables: this.tables,
      read: (work) => this.read(work),
      write: (lease, work) => this.write(lease, work),
      lineage: () => this.meta().lineage,
      uuid: environment.uuid,
    });
  }

  async snapshot(): Promise<StateSnapshot> {
    return this.read(() => snapshotOf(this.meta(), this.tables));
  }

  async acquireLease(holder: LeaseHolder, waitMs: number, options: AcquireOptions = {}): Promise<Lease> {
    if (this.parts.mode === 'read') throw new Error('The state was opened for reading; it cannot be locked.');
    try {
      return await this.desk.acquire(holder, waitMs, options);
    } catch (error) {
      throw explainFailure(this.parts.path, error);
    }
  }

  openRun(lease: Lease, request: RunRequest): Promise<Run> {
    return this.write(lease, () => {
      this.claimOrgs(request);
      const found = this.tables.run.row({ plan_digest: request.planDigest });
      if (found !== undefined) return this.withJournal(found);
      const run: RunRow = {
        run_id: this.parts.environment.uuid(),
        plan_digest: request.planDigest,
        status: 'running',
        tool_version: request.toolVersion,
        started_at: this.nowText(),
        finished_at: null,
      };
      this.tables.run.put(run);
      return this.withJournal(run);
    });
  }

  async findRun(planDigest: string): Promise<Run | undefined> {
    return this.read(() => {
      const run = this.tables.run.row({ plan_digest: planDigest });
      return run === undefined ? undefined : this.withJournal(run);
    });
  }

  beginAction(lease: Lease, runId: string, actionId: ActionId): Promise<void> {
    return this.write(lease, () => {
      this.journal(runId, actionId, { phase: 'begun', fingerprint: null, error_code: null, error_summary: null });
    });
  }

  completeAction(lease: Lease, runId: string, actionId: ActionId, completion: Completion): Promise<void> {
    const { fingerprint, mapping, forget, secretHmacs, versions = [], startsHistory = false } = completion;
    return this.write(lease, () => {
      this.journal(runId, actionId, { phase: 'done', fingerprint, error_code: null, error_summary: null });
      const forgotten = forget !== undefined && this.forget(forget.kind, forget.sourceId);
      if (forget !== undefined) this.forgetContents(forget.kind, forget.sourceId);
      const changed = mapping !== undefined && this.record(mapping, runId);
      const { lineage } = this.meta();
      for (const [name, hmac] of secretHmacs ?? []) {
        this.tables.secret.put({ name: storedSecretName(lineage, name), hmac });
      }
      if (startsHistory && mapping !== undefined)
        this.tables.version.delete({ kind: mapping.kind, source_id: mapping.sourceId });
      for (const { kind, sourceId, source, destination } of versions)
        this.tables.version.put({ kind, source_id: sourceId, source, destination });
      if (forgotten || changed) this.moveSerial();
    });
  }

  failAction(lease: Lease, runId: string, actionId: ActionId, error: { code: string; summary: string }): Promise<void> {
    return this.write(lease, () => {
      const summary = storedText(this.meta().lineage, error.summary);
      const failure = { fingerprint: null, error_code: error.code, error_summary: summary };
      this.journal(runId, actionId, { phase: 'failed', ...failure });
    });
  }

  finishRun(lease: Lease, runId: string): Promise<void> {
    return this.write(lease, () => {
      this.tables.run.put({ ...this.run(runId), status: 'finished', finished_at: this.nowText() });
    });
  }

  async secretHmac(value: string): Promise<string> {
    return this.read(() => createHmac('sha256', Buffer.from(this.meta().salt, 'hex')).update(value).digest('hex'));
  }

  putMapping(lease: Lease, mapping: IdMapping, orgs?: StateOrgs): Promise<void> {
    return this.write(lease, () => {
      if (orgs !== undefined) this.claimOrgs(orgs);
      this.record(mapping, null);
      this.moveSerial();
    });
  }

  removeMapping(lease: Lease, kind: ResourceKind, sourceId: string): Promise<void> {
    return this.write(lease, () => {
      this.forget(kind, sourceId);
      this.moveSerial();
    });
  }

  async exportDocument(): Promise<StateDocument> {
    return this.read(() => documentOf(this.tables));
  }

  close(): Promise<void> {
    this.closed ??= this.closeOnce();
    return this.closed;
  }

  private async closeOnce(): Promise<void> {
    try {
      await this.desk.releaseAll();
      await this.queue.drain();
      await this.parts.log.close();
      this.parts.beforeClose();
    } catch (error) {
      throw explainFailure(this.parts.path, error);
    } finally {
      this.parts.db.close();
      await this.parts.log.close();
    }
  }

  private read<T>(work: () => T): T {
    try {
      // A transaction, so that all tables are seen at one moment while another process writes.
      return this.parts.db.transaction(work)();
    } catch (error) {
      throw explainFailure(this.parts.path, error);
    }
  }

  private write<T>(lease: HeldLease, work: () => T): Promise<T> {
    return this.queue.run(() => {
      this.desk.check(lease.token);
      return work();
    });
  }

  private meta(): MetaRow {
    const meta = this.tables.meta.row({ id: 1 });
    if (meta === undefined) throw new Error('A state has one row of metadata.');
    return meta;
  }

  private run(runId: string): RunRow {
    const run = this.tables.run.row({ run_id: runId });
    if (run === undefined) throw new Error(`There is no run ${runId}.`);
    return run;
  }

  private withJournal(run: RunRow): Run {
    return runOf(this.meta().lineage, run, this.tables.journal.rows({ run_id: run.run_id }));
  }

  private journal(
    runId: string,
    actionId: ActionId,
    outcome: Omit<Parameters<StateTables['journal']['put']>[0], 'run_id' | 'action_id'>,
  ): void {
    const { run_id } = this.run(runId);
    this.tables.journal.put({ run_id, action_id: storedActionId(this.meta().lineage, actionId), ...outcome });
  }

  private claimOrgs(orgs: StateOrgs): void {
    const meta = this.meta();
    const { sourceOrgId: source, destinationOrgId: destination } = orgs;
    if (meta.source_org_id === null || meta.destination_org_id === null) {
      this.tables.meta.put({ ...meta, source_org_id: source, destination_org_id: destination });
      return;
    }
    if (meta.source_org_id === source && meta.destination_org_id === destination) return;
    throw new BtMigrateError('BTM_WRONG_ORG', {
      detail: `${this.parts.path} belongs to the migration from organization ${meta.source_org_id} to ${meta.destination_org_id}, not from ${source} to ${destination}.`,
      hint: 'Give each pair of organizations a state file of its own: set state.path in the spec, or --state.',
    });
  }

  /** Returns whether anything changed. */
  private record(mapping: IdMapping, runId: string | null): boolean {
    const row = mappingRow(this.meta().lineage, mapping, runId);
    const old = this.tables.mapping.row({ kind: row.kind, source_id: row.source_id });
    const { kind, source_id } = row;
    if (mapping.base !== undefined) this.tables.base.put({ kind, source_id, base: mapping.base });
    else if (old?.fingerprint !== row.fingerprint) this.tables.base.delete({ kind, source_id });
    if (old !== undefined && equalJson(old, { ...row, run_id: old.run_id })) return false;
    this.tables.mapping.put(row);
    if (old !== undefined && old.address !== row.address) this.moveSecrets(old.address, row.address);
    return true;
  }

  /** Returns whether there was anything to forget. */
  private forget(kind: ResourceKind, sourceId: string): boolean {
    const old = this.tables.mapping.row({ kind, source_id: sourceId });
    if (old === undefined) return false;
    this.tables.mapping.delete({ kind, source_id: sourceId });
    this.tables.base.delete({ kind, source_id: sourceId });
    this.moveSecrets(old.address, undefined);
    return true;
  }

  /** An object that was deleted takes what is known of its versions and its rows with it. */
  private forgetContents(kind: ResourceKind, sourceId: string): void {
    this.tables.version.delete({ kind, source_id: sourceId });
    const stream = STREAM_OF[kind];
    if (stream !== undefined) this.streams.forgetDeleted({ stream, container: sourceId });
  }

  /** What is known of an object's secrets follows its address, or goes with it. */
  private moveSecrets(before: string, after: string | undefined): void {
    for (const { name, hmac } of this.tables.secret.rows()) {
      if (!name.startsWith(`${before}#`)) continue;
      this.tables.secret.delete({ name });
      if (after !== undefined) this.tables.secret.put({ name: after + name.slice(before.length), hmac });
    }
  }

  private moveSerial(): void {
    const meta = this.meta();
    this.tables.meta.put({ ...meta, serial: meta.serial + 1 });
  }

  private nowText(): string {
    return new Date(this.parts.environment.now()).toISOString();
  }
}
