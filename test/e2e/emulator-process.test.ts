import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EmulatorClient } from '../support/emulator-client.ts';

describe('the emulator as a process', () => {
  test('announces itself in one JSON line, keeps what it acknowledged when it is killed, and stops on a signal', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
    const script = join(folder, 'run.mjs');
    const dist = new URL('../../dist/emulator/run-emulator.js', import.meta.url).href;
    writeFileSync(
      script,
      `import { runEmulator } from ${JSON.stringify(dist)};
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
await runEmulator({ port: 0, dataFile: ${JSON.stringify(join(folder, 'acme.db'))}, orgs: ['Acme Dev=sk-dev'], json: true,
  controlToken: 'token', signal: stop.signal, write: (line) => console.log(line) });
`,
    );
    const start = async () => {
      const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      return { child, announced: JSON.parse(line.toString()) as { url: string; control_url: string; orgs: unknown } };
    };
    const first = await start();
    expect(first.announced.orgs).toEqual([{ name: 'Acme Dev', key: 'sk-dev' }]);
    const { id } = await new EmulatorClient(first.announced.url, 'sk-dev').object('POST', '/v1/project', {
      name: 'Kept',
    });
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const second = await start();
    const [kept] = await new EmulatorClient(second.announced.url, 'sk-dev').list('/v1/project');
    expect(kept?.id).toBe(id);
    second.child.kill('SIGTERM');
    expect(await once(second.child, 'exit')).toEqual([0, null]);
    rmSync(folder, { recursive: true, force: true });
  });
});
