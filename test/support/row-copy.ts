import { type Emulator, type EmulatorOptions, startEmulator } from '../../emulator/start-emulator.ts';
import { HostGates } from '../../src/api/host-gates.ts';
import { openReader, openWriter } from '../../src/api/open-org.ts';
import type { Address } from '../../src/domain/address.ts';
import type { RunEvent } from '../../src/domain/event.ts';
import { sha256 } from '../../src/domain/fingerprint.ts';
import type { StreamKind } from '../../src/domain/kind.ts';
import type { OrgReader, OrgWriter } from '../../src/domain/org.ts';
import type { Container } from '../../src/domain/row-io.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { Lease, StateStore } from '../../src/domain/state.ts';
import type { StreamRange } from '../../src/domain/stream-state.ts';
import { openMemoryState } from '../../src/state/memory-store.ts';
import { ByteWindow } from '../../src/streams/byte-window.ts';
import { copyLane } from '../../src/streams/copy-lane.ts';
import type { LaneDeps, LaneOptions, LaneOutcome, LaneRange, LaneStore } from '../../src/streams/lane.ts';
import { newReadConditions } from '../../src/streams/read/read-conditions.ts';
import { shareWriting } from '../../src/streams/share-writing.ts';
import type { WriteRoutes } from '../../src/streams/write/write-routes.ts';
import { clientOf, type EmulatorClient } from './emulator-client.ts';

const MB = 1024 * 1024;
const KEYS = { source: 'sk-acme-dev', destination: 'sk-acme-prod' } as const;
const FUNCTIONS = { logs: 'project_logs', experiment_rows: 'experiment', dataset_rows: 'dataset' } as const;
const COLUMNS = { logs: 'project_id', experiment_rows: 'experiment_id', dataset_rows: 'dataset_id' } as const;

/** A container of the source and the one its rows go to. */
export interface ContainerCopy {
  readonly stream: StreamKind;
  readonly source: string;
  readonly destination: string;
}

export interface CopyOptions extends Partial<LaneOptions> {
  readonly windowMb?: number;
  readonly collision?: LaneRange['collision'];
  /** Rows with transactions above are late; the newest one when left out, so that none is. */
  readonly settled?: string;
  /** One for all containers, or one for each. */
  readonly xactAfter?: string | readonly (string | null)[];
  readonly wrapReader?: (reader: OrgReader) => OrgReader;
  readonly wrapWriter?: (writer: OrgWriter) => OrgWriter;
  /** Stands in for recording a batch in the state. */
  readonly acknowledge?: (record: () => Promise<void>) => Promise<void>;
  readonly onAcknowledged?: () => void;
  readonly lookup?: LaneDeps['lookup']['objectId'];
  readonly signal?: AbortSignal;
  readonly route?: 'staged';
  /** Milliseconds that this process has been idle, by which writes are judged; what it was when left out. */
  readonly idle?: () => number;
  /** Leaves the pass open, as a killed run does. */
  readonly finish?: boolean;
}

/** Two orgs on one emulator, a state in memory, and a lane between them. */
export class RowCopy {
  readonly emulator: Emulator;
  readonly source: EmulatorClient;
  readonly destination: EmulatorClient;
  readonly store: StateStore;
  readonly lease: Lease;
  readonly runId: string;
  readonly events: RunEvent[] = [];
  /** Bodies of quarantined rows by file name. */
  readonly quarantined = new Map<string, string>();

  private constructor(emulator: Emulator, store: StateStore, lease: Lease, runId: string) {
    this.emulator = emulator;
    this.source = clientOf(emulator, 'Acme Dev');
    this.destination = clientOf(emulator, 'Acme Prod');
    this.store = store;
    this.lease = lease;
    this.runId = runId;
  }

  static async start(options: EmulatorOptions = {}): Promise<RowCopy> {
    const emulator = await startEmulator({
      orgs: [
        { name: 'Acme Dev', key: KEYS.source },
        { name: 'Acme Prod', key: KEYS.destination },
      ],
      ...options,
    });
    const store = openMemoryState();
    const lease = await store.acquireLease({ host: 'acme', pid: 1, bootId: 'boot', jobUrl: null }, 0);
    const { runId } = await store.openRun(lease, {
      planDigest: sha256('the support bot'),
      sourceOrgId: emulator.orgs[0]?.id ?? '',
      destinationOrgId: emulator.orgs[1]?.id ?? '',
      toolVersion: '0.0.0-test',
    });
    return new RowCopy(emulator, store, lease, runId);
  }

  /** A project in both orgs. */
  async logs(name = 'Support bot'): Promise<ContainerCopy> {
    const [source, destination] = await this.both('/v1/project', { name });
    return { stream: 'logs', source, destination };
  }

  /** A dataset in a project of both orgs. */
  async dataset(name: string, project: ContainerCopy): Promise<ContainerCopy> {
    const source = await this.source.object('POST', '/v1/dataset', { name, project_id: project.source });
    const destination = await this.destination.object('POST', '/v1/dataset', { name, project_id: project.destination });
    return { stream: 'dataset_rows', source: source.id, destination: destination.id };
  }

  /** Writes rows, given as the members of their JSON, in one transaction. */
  async write(side: 'source' | 'destination', container: ContainerCopy, rows: readonly string[]): Promise<void> {
    const column = `"${COLUMNS[container.stream]}":"${container[side]}"${container.stream === 'logs' ? ',"log_id":"g"' : ''}`;
    const body = `{"rows":[${rows.map((row) => `{${row},${column}}`).join(',')}],"api_version":2}`;
    const response = await fetch(`${this.emulator.url}/logs3`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEYS[side]}`, 'content-type': 'application/json' },
      body,
    });
    if (response.status !== 200) throw new Error(`/logs3 answered ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
  }

  /** Rows of a container in order of keys, with all columns, as they were answered. */
  async rowTexts(side: 'source' | 'destination', container: ContainerCopy): Promise<string[]> {
    const query = `select: * | from: ${FUNCTIONS[container.stream]}('${container[side]}') spans | sort: _pagination_key asc`;
    const answer = await this[side].call('POST', '/btql', { query, fmt: 'jsonl' });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.text.split('\n').filter((line) => line !== '');
  }

  async rows(side: 'source' | 'destination', container: ContainerCopy): Promise<Record<string, unknown>[]> {
    return (await this.rowTexts(side, container)).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async ids(side: 'source' | 'destination', container: ContainerCopy): Promise<unknown[]> {
    return (await this.rows(side, container)).map(({ id }) => id);
  }

  /** Requests of the destination since the log was cleared, as `POST /logs3`. */
  writes(path = '/logs3'): number {
    return this.emulator.requests.all().filter((one) => one.org === 'Acme Prod' && one.path === path).length;
  }

  /** Copies containers in one lane, one pass, as apply does. */
  async copy(copies: readonly [ContainerCopy, ...ContainerCopy[]], options: CopyOptions = {}): Promise<LaneOutcome> {
    const stop = options.signal ?? new AbortController().signal;
    const { reader: opened, writer, close } = this.open(stop);
    const reader = options.wrapReader?.(opened) ?? opened;
    try {
      const ranges = await this.openRanges(copies, reader, options);
      const window = new ByteWindow((options.windowMb ?? 48) * MB);
      const store = this.laneStore(options);
      const shared = await shareWriting({ reader, writer, store, lease: this.lease, windowBytes: window.limit });
      if (options.route === 'staged') learnToStage(shared.routes);
      const outcome = await copyLane(ranges as [LaneRange, ...LaneRange[]], {
        reader,
        writer: options.wrapWriter?.(writer) ?? writer,
        store,
        lease: this.lease,
        lookup: { objectId: options.lookup ?? (() => undefined), attachmentKey: null },
        quarantine: {
          write: async (name, bytes) => {
            this.quarantined.set(name, bytes.toString());
          },
          read: async (name) => Buffer.from(this.quarantined.get(name) ?? ''),
        },
        shared,
        conditions: newReadConditions(),
        window,
        options: { skipAsyncScoring: false, attachments: 'copy', order: 'exact', ...options },
        sought: null,
        signal: stop,
        report: (event) => this.events.push(event),
        now: () => performance.now(),
        idle: options.idle ?? (() => performance.eventLoopUtilization().idle),
      });
      if (window.held !== 0) throw new Error(`${window.held} bytes of the window were not given back`);
      if (options.finish !== false) {
        for (const { range } of ranges) await this.store.streams.finishPass(this.lease, [range.id]);
      }
      return outcome;
    } finally {
      await close();
    }
  }

  async close(): Promise<void> {
    await this.lease.release();
    await this.store.close();
    await this.emulator.close();
  }

  private laneStore({ acknowledge = (record) => record(), onAcknowledged }: CopyOptions): LaneStore {
    const { streams } = this.store;
    return {
      intents: (container) => streams.intents(container),
      intend: (lease, intents) => streams.intend(lease, intents),
      noteWritten: (lease, container, xacts) => streams.noteWritten(lease, container, xacts),
      settleIntents: (lease, container, xacts) => streams.settleIntents(lease, container, xacts),
      windowHashes: (container) => streams.windowHashes(container),
      writtenXacts: (container) => streams.writtenXacts(container),
      recordBlobs: (lease, blobs) => streams.recordBlobs(lease, blobs),
      findBlobs: (keys) => streams.findBlobs(keys),
      ackBatch: async (lease, acks) => {
        await acknowledge(() => streams.ackBatch(lease, acks));
        onAcknowledged?.();
      },
    };
  }

  private async openRanges(
    copies: readonly ContainerCopy[],
    reader: OrgReader,
    { collision = null, settled, xactAfter }: CopyOptions,
  ): Promise<LaneRange[]> {
    const after = (n: number): string | null => (typeof xactAfter === 'string' ? xactAfter : xactAfter?.[n]) ?? null;
    const requests = copies.map((copy, n) => {
      const open = { keyAfter: null, keyUpTo: null, xactUpTo: null, createdAfter: null, createdBefore: null };
      return { container: sourceOf(copy), filter: { ...open, xactAfter: after(n) } };
    });
    const counts = await reader.countRows(requests);
    const ranges: LaneRange[] = [];
    for (const [n, { stream, source, destination }] of copies.entries()) {
      const { rows, lastKey, newest, watermark } = counts[n] as (typeof counts)[number];
      const [range] = await this.store.streams.openPass(this.lease, {
        runId: this.runId,
        actionId: `copy:${stream}.${n}`,
        stream,
        container: source,
        destinationContainer: destination,
        filter: {
          xactAfter: after(n),
          xactUpTo: newest ?? watermark.visible,
          createdAfter: null,
          createdBefore: null,
        },
        settled: settled ?? newest ?? watermark.visible,
        cuts: [null],
      });
      const { id, status } = range as StreamRange;
      ranges.push({
        range: await this.store.streams.leaseRange(this.lease, id),
        address: `${stream}.${n}` as Address,
        expectedRows: rows,
        lastKey,
        collision,
        isInDoubt: status === 'leased' && collision?.upTo !== null,
      });
    }
    return ranges;
  }

  private open(signal: AbortSignal): { reader: OrgReader; writer: OrgWriter; close: () => Promise<void> } {
    const clock = { now: () => Date.now(), sleep: async () => undefined };
    const gates = new HostGates(32, clock);
    const optionsOf = (side: 'source' | 'destination') => ({
      side,
      org: {
        url: this.emulator.url,
        apiKey: new Secret(KEYS[side], 'BT_KEY'),
        apiKeyName: 'BT_KEY',
        org: undefined,
      },
      gates,
      requestsPerMinute: null,
      report: (event: RunEvent) => this.events.push(event),
      clock,
      random: () => 0.5,
      signal,
      userAgent: 'bt-migrate/test',
    });
    const reader = openReader(optionsOf('source'));
    const writer = openWriter(optionsOf('destination'));
    return {
      reader,
      writer,
      close: async () => {
        await Promise.all([reader.close(), writer.close()]);
      },
    };
  }

  private async both(path: string, body: object): Promise<[string, string]> {
    const source = await this.source.object('POST', path, body);
    const destination = await this.destination.object('POST', path, body);
    return [source.id, destination.id];
  }
}

function sourceOf({ stream, source }: ContainerCopy): Container {
  return { stream, id: source };
}

/** What the routes learn from slow inserts and fast commits. */
function learnToStage(routes: WriteRoutes): void {
  for (let n = 0; n < 3; n++) routes.wrote({ route: 'direct', bytes: 1000, ms: 100, idleMs: 90, backlog: true });
  for (let n = 0; n < 4; n++) routes.wrote({ route: 'staged', bytes: 1000, ms: 10, idleMs: 0, backlog: true });
}

/** So many rows of one text, given as the members of their JSON; their ids are numbered from `from` on. */
export function namedRows(name: string, count: number, input: string, from = 0): string[] {
  return Array.from({ length: count }, (_, n) => `"id":"${name}-${from + n}","input":"${input}"`);
}
