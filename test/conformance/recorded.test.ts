import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';

const EXCHANGES = '../shared/recordings/exchanges.jsonl';
const REPLAY = '../shared/tools/replay.mjs';
const isPresent = existsSync(EXCHANGES) && existsSync(REPLAY);

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly exchanges: readonly {
    readonly seq: string;
    readonly i: number;
    readonly result: string;
    readonly detail?: string;
  }[];
}

/** Recorded live traffic, replayed by a program that knows nothing of the emulator. Skipped where it is not beside the project. */
describe.skipIf(!isPresent)('recorded traffic of the live service', () => {
  let emulator: Emulator;

  beforeAll(async () => {
    emulator = await startEmulator({ orgs: [{ name: 'org-one', key: 'sk-recorded' }] });
  });
  afterAll(async () => {
    await emulator.close();
  });

  test('every exchange that can be replayed gets the recorded answer', async () => {
    const outcome = await replay(emulator.url);
    const failures = outcome.exchanges.filter(({ result }) => result === 'fail');
    expect(failures.map(({ seq, i, detail }) => `${seq}#${i} ${detail}`)).toEqual([]);
    expect(outcome.passed).toBeGreaterThan(500);
  });
});

function replay(url: string): Promise<Outcome> {
  const child = spawn(process.execPath, [REPLAY, EXCHANGES, '--url', url, '--key', 'sk-recorded', '--json']);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Outcome));
  });
}
