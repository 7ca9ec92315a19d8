import { type Emulator, type EmulatorOptions, startEmulator } from '../../emulator/start-emulator.ts';
import { type Answer, clientOf, type EmulatorClient } from './emulator-client.ts';

export type Row = Record<string, unknown>;

/** An emulator with a project, a dataset and an experiment of the Acme support bot, and what a test of rows asks of it. */
export class RowFixture {
  readonly emulator: Emulator;
  readonly client: EmulatorClient;
  readonly projectId: string;
  readonly datasetId: string;
  readonly experimentId: string;

  private constructor(emulator: Emulator, ids: { projectId: string; datasetId: string; experimentId: string }) {
    this.emulator = emulator;
    this.client = clientOf(emulator);
    this.projectId = ids.projectId;
    this.datasetId = ids.datasetId;
    this.experimentId = ids.experimentId;
  }

  static async start(options: EmulatorOptions = {}): Promise<RowFixture> {
    const emulator = await startEmulator(options);
    const client = clientOf(emulator);
    const { id: projectId } = await client.object('POST', '/v1/project', { name: 'Support bot' });
    const dataset = await client.object('POST', '/v1/dataset', { project_id: projectId, name: 'Tickets' });
    const experiment = await client.object('POST', '/v1/experiment', { project_id: projectId, name: 'Baseline' });
    return new RowFixture(emulator, { projectId, datasetId: dataset.id, experimentId: experiment.id });
  }

  close(): Promise<void> {
    return this.emulator.close();
  }

  /** POST with a body given as text, so that nothing re-prints it. */
  async post(path: string, text: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.emulator.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.emulator.orgs[0]?.key}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: text,
      redirect: 'manual',
    });
    const answer = await response.text();
    return { status: response.status, headers: response.headers, text: answer, body: parse(answer) };
  }

  /** The container keys of a log row. */
  get logKeys(): Row {
    return { project_id: this.projectId, log_id: 'g' };
  }

  /** Writes rows through /logs3 and answers their ids; any status but 200 is a failure. */
  async logs3(...rows: Row[]): Promise<string[]> {
    const answer = await this.client.object('POST', '/logs3', { rows, api_version: 2 });
    return answer.ids as string[];
  }

  async btql(query: unknown, extra: Row = {}): Promise<Row[]> {
    const answer = await this.client.object('POST', '/btql', { query, ...extra });
    return answer.data as Row[];
  }

  /** Rows of a source in key order, as text between the brackets of `data`. */
  async rowTexts(source: string): Promise<string[]> {
    const query = `select: * | from: ${source} spans | sort: _pagination_key asc`;
    const answer = await this.client.call('POST', '/btql', { query, fmt: 'jsonl' });
    return answer.text.split('\n').filter((line) => line !== '');
  }

  /** Log rows by id. */
  async logs(): Promise<Map<string, Row>> {
    const rows = await this.btql(`select: * | from: project_logs('${this.projectId}') | sort: _pagination_key asc`);
    return new Map(rows.map((row) => [String(row.id), row]));
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
