import type { RowRecord } from '../../emulator/rows/row-dump.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../emulator/start-emulator.ts';
import type { ConnectionOptions } from '../../src/api/connection-options.ts';
import { openReader, openWriter } from '../../src/api/open-org.ts';
import type { OrgReader, OrgWriter } from '../../src/domain/org.ts';
import type { Container, RowFilter } from '../../src/domain/row-io.ts';
import { ACME_KEY, type ApiFixture, apiFixture } from './api-fixture.ts';
import { clientOf, type EmulatorClient } from './emulator-client.ts';

/** A filter that lets every row through. */
export const ALL_ROWS: RowFilter = {
  keyAfter: null,
  keyUpTo: null,
  xactAfter: null,
  xactUpTo: null,
  createdAfter: null,
  createdBefore: null,
};

/** An emulator with projects whose log rows a test plants as it likes, and a reader of its org over HTTP. */
export class PlantedSource {
  readonly emulator: Emulator;
  readonly client: EmulatorClient;
  readonly api: ApiFixture;
  readonly reader: OrgReader;
  /** Writes to the same org. */
  readonly writer: OrgWriter;
  /** The logs of its projects. */
  readonly containers: readonly [Container, ...Container[]];

  private constructor(emulator: Emulator, api: ApiFixture, projects: readonly [string, ...string[]]) {
    const [first, ...more] = projects.map((id): Container => ({ stream: 'logs', id }));
    this.emulator = emulator;
    this.client = clientOf(emulator);
    this.api = api;
    this.reader = openReader(api.options);
    this.writer = openWriter(api.options);
    this.containers = [first as Container, ...more];
  }

  static async start(
    projects = 1,
    emulatorOptions: EmulatorOptions = {},
    changes: Partial<ConnectionOptions> = {},
  ): Promise<PlantedSource> {
    const emulator = await startEmulator({ orgs: [{ name: 'Acme Dev', key: ACME_KEY }], ...emulatorOptions });
    const ids: string[] = [];
    for (let n = 0; n < projects; n++) {
      const { id } = await clientOf(emulator).object('POST', '/v1/project', { name: `Support bot ${n}` });
      ids.push(id);
    }
    return new PlantedSource(emulator, apiFixture(emulator.url, changes), ids as [string, ...string[]]);
  }

  /** Replaces all rows: a list for each project. */
  plant(...rows: readonly (readonly RowRecord[])[]): void {
    const dump = rows.map((records, n) => ({
      container: { type: 'project_logs' as const, id: this.containers[n]?.id ?? '' },
      rows: records,
    }));
    this.emulator.load({ ...this.emulator.dump(), rows: dump });
  }

  /** Requests to a path since the log was cleared. */
  requests(path = '/btql'): number {
    return this.emulator.requests.all().filter((request) => request.path === path).length;
  }

  async close(): Promise<void> {
    await this.reader.close();
    await this.writer.close();
    await this.emulator.close();
  }
}
