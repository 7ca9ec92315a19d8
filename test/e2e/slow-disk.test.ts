import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AcmeFolder, AcmeProcess } from '../support/acme-process.ts';
import { SLUGS, setStage } from '../support/acme-stage.ts';

const SHIM = fileURLToPath(new URL('../support/slow-disk.cpp', import.meta.url));
const STATE = 'bt-migrate.state.db';
const FLUSH_MS = 150;

let acme: AcmeProcess;
let folder: AcmeFolder;
let built: string;
let library: string;
beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), 'acme-slow-'));
  library = join(built, 'slow-disk.so');
  execFileSync('g++', ['-shared', '-fPIC', '-O1', '-o', library, SHIM, '-ldl']);
  acme = await AcmeProcess.start();
});
beforeEach(async () => {
  ({ folder } = await setStage(acme));
});
afterEach(() => acme.reset());
afterAll(async () => {
  await acme.stop();
  rmSync(built, { recursive: true });
});

function slow(): Record<string, string> {
  const flushes = join(folder.files.folder, 'flushes');
  return { LD_PRELOAD: library, SLOW_FLUSH_MS: String(FLUSH_MS), SLOW_FLUSHES: flushes };
}

async function slugs(): Promise<unknown[]> {
  return (await acme.destination.list('/v1/prompt')).map(({ slug }) => slug).sort();
}

describe.skipIf(process.platform !== 'linux')('a state on a file server', () => {
  test('whose every flush takes long is kept as well as any other', async () => {
    await folder.ok('plan', '-o', 'plan.out');
    const applied = await folder.run(['apply', 'plan.out', '--parallelism', '1', '--json'], slow());
    expect([applied.code, applied.stderr]).toEqual([0, expect.any(String)]);
    // The log is flushed twice for each object: before it is sent, and when it is answered.
    const flushes = readFileSync(join(folder.files.folder, 'flushes'), 'utf8');
    expect(flushes.match(/w/g)?.length).toBeGreaterThanOrEqual(2 * (1 + SLUGS.length));
    expect(await slugs()).toEqual(SLUGS);
    expect((await folder.ok('state', 'check')).stdout).toContain('no problems');
    expect((await folder.ok('plan', '--detailed-exitcode')).code).toBe(0);
  });

  test('keeps a second run away, and lets the first end what is in flight when it is told to stop', async () => {
    await folder.ok('plan', '-o', 'plan.out');
    const match = { method: 'POST', path: '/v1/prompt', org: 'Acme Prod' };
    const hold = await acme.fault({ match, after: 1, times: 1, action: { type: 'hold' } });
    const running = folder.start(['apply', 'plan.out', '--parallelism', '1', '--json'], slow());
    await acme.held(hold);
    const refused = await folder.run(['apply', 'plan.out'], slow());
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining(`process ${running.process.pid} on `)]);
    running.process.kill('SIGTERM');
    await running.complains('stopping after the work in flight');
    await acme.release(hold);
    const ended = await running.finished;
    expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([143, { summary: { created: 3, failed: 0 } }]);
    const resumed = await folder.run(['apply', 'plan.out', '--json'], slow());
    expect([resumed.code, JSON.parse(resumed.stdout)]).toMatchObject([0, { summary: { created: 1 } }]);
    expect(await slugs()).toEqual(SLUGS);
    expect((await folder.ok('state', 'check')).stdout).toContain('no problems');
  });

  test('that is killed while it flushes is taken up where it stood', async () => {
    await folder.ok('plan', '-o', 'plan.out');
    const match = { method: 'POST', path: '/v1/prompt', org: 'Acme Prod' };
    const hold = await acme.fault({ match, after: 1, times: 1, action: { type: 'hold', when: 'after' } });
    const running = folder.start(['apply', 'plan.out', '--parallelism', '1'], slow());
    await acme.held(hold);
    // The answer is noted by a flush that takes long: the process dies before it is through.
    await acme.release(hold);
    running.process.kill('SIGKILL');
    await running.finished;
    const resumed = await folder.run(['apply', 'plan.out', '--json'], slow());
    expect(resumed.code).toBe(0);
    expect(await slugs()).toEqual(SLUGS);
    expect((await folder.ok('state', 'check')).stdout).toContain('no problems');
    expect((await folder.ok('plan', '--detailed-exitcode')).code).toBe(0);
  });

  test('that cannot lock is refused, before anything is written, and what lies there is left as it is', async () => {
    const env = { LD_PRELOAD: library, NO_LOCKS: '1' };
    await folder.ok('plan', '-o', 'plan.out');
    await acme.clearRequests();
    const first = await folder.run(['apply', 'plan.out', '--json'], env);
    const refusal = { code: 'BTM_STATE_UNREADABLE', detail: expect.stringContaining('refuses locks') };
    expect([first.code, JSON.parse(first.stdout)]).toMatchObject([5, { error: refusal }]);
    expect(await acme.writes()).toEqual([]);
    expect(readdirSync(folder.files.folder).sort()).toEqual(['migration.yaml', 'plan.out']);
    await folder.ok('apply', 'plan.out');
    const before = statSync(join(folder.files.folder, STATE));
    const later = await folder.run(['apply', '--auto-approve', '--json'], env);
    expect([later.code, JSON.parse(later.stdout)]).toMatchObject([5, { error: refusal }]);
    expect(later.stderr).not.toMatch(/bug|\n\s+at /);
    expect(statSync(join(folder.files.folder, STATE))).toMatchObject({ ino: before.ino, size: before.size });
    expect(readdirSync(folder.files.folder).filter((name) => name.startsWith(STATE))).toEqual([STATE]);
    expect((await folder.ok('plan', '--detailed-exitcode')).code).toBe(0);
  });
});
