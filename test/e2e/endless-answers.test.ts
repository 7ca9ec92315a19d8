import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { peakMemory } from '../soak/peak-memory.ts';
import { AcmeProcess } from '../support/acme-process.ts';
import { type HostileProxy, type HostileRule, startHostileProxy } from '../support/hostile-proxy.ts';
import { writeRows } from '../support/mixed-rows.ts';

/** MB that a plan or apply of so little takes at most (docs/reliability.md), and the largest answer that is read. */
const [ORDINARY_MB, LARGEST_MB] = [140, 128];

let acme: AcmeProcess;
let proxy: HostileProxy;
beforeEach(async () => {
  acme = await AcmeProcess.start();
  proxy = await startHostileProxy(acme.url);
  const { id } = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  await acme.source.object('POST', '/v1/prompt', { project_id: id, name: 'Triage', slug: 'triage' });
  const [key, names] = [randomUUID(), { filename: 'a.txt', content_type: 'text/plain' }];
  const { signedUrl } = await acme.source.object('POST', '/attachment', { key, ...names });
  await fetch(String(signedUrl), { method: 'PUT', body: 'order' });
  await acme.source.object('POST', '/attachment/status', { key, status: { upload_status: 'done' } });
  const file = JSON.stringify({ type: 'braintrust_attachment', ...names, key });
  const rows = Array.from({ length: 50 }, (_, n) => `"id":"l${n}","input":${n === 20 ? file : '"ticket"'}`);
  await writeRows({ url: acme.url, key: acme.keys[0] }, { type: 'project_logs', id, name: 'Support bot' }, rows);
});
afterEach(async () => {
  await proxy.close();
  await acme.stop();
});

/** Plans undisturbed where something else is to be disturbed, and then runs this. */
async function run(rule: HostileRule, argv: readonly string[]) {
  const folder = acme.folder('limits: { memory_mb: 64 }\n', { BT_SOURCE_URL: proxy.url });
  if (argv[0] === 'apply') await folder.ok('plan', '-o', 'plan.out');
  proxy.turnHostile(rule);
  const running = folder.start([...argv, '--json']);
  const [peak, ended] = await Promise.all([peakMemory(running), running.finished]);
  const { error, streams, actions = [] } = JSON.parse(ended.stdout);
  const failed = actions.flatMap((action: { error?: { code: string } }) => action.error?.code ?? []);
  return { failed, code: ended.code, error: error?.code, detail: error?.detail, stderr: ended.stderr, streams, peak };
}

const LISTS = /^\/v1\/(?!project(?:\?|$))/;

// How much memory a process had at most is told by every system in another unit.
describe.skipIf(process.platform !== 'linux')('a body that never ends, as fast as it can be read,', () => {
  test('of one list makes that list unknown after 128 MB', async () => {
    const rule = { method: 'GET', path: /^\/v1\/prompt/, status: 200, body: 'flood' } as const;
    const { code, stderr, peak } = await run(rule, ['plan']);
    expect([code, proxy.hits()]).toEqual([0, 1]);
    expect(stderr).toContain('prompt cannot be listed (server_failed)');
    expect(stderr).toContain('larger than 128 MB');
    expect(peak).toBeLessThan(ORDINARY_MB + LARGEST_MB + 100);
  });

  test('of all lists at once takes no more memory than of two', async () => {
    const { code, stderr, peak } = await run({ method: 'GET', path: LISTS, status: 200, body: 'flood' }, ['plan']);
    expect(code).toBe(0);
    expect(proxy.hits()).toBeGreaterThan(10);
    expect(stderr).toContain('prompt cannot be listed (server_failed)');
    expect(peak).toBeLessThan(ORDINARY_MB + 2 * LARGEST_MB + 100);
  });

  test('of a page of rows fails the copy after the page was asked for with fewer rows', async () => {
    const rule = { method: 'POST', path: /^\/btql/, status: 200, body: 'flood' } as const;
    const { code, failed, peak } = await run(rule, ['apply', 'plan.out']);
    expect([code, failed]).toEqual([3, ['BTM_RESPONSE_UNREADABLE']]);
    expect(proxy.hits()).toBeLessThan(20);
    expect(peak).toBeLessThan(ORDINARY_MB + LARGEST_MB + 100);
  });

  test('of an attachment sets it aside after the 5 GiB that an upload may have', async () => {
    const rule = { method: 'GET', path: /^\/object-store/, status: 200, body: 'flood' } as const;
    const { code, streams, stderr, peak } = await run(rule, ['apply', 'plan.out']);
    expect([code, streams]).toMatchObject([3, [{ rows: 50, quarantined: 1 }]]);
    expect(stderr).toContain('attachment_too_large');
    expect(peak).toBeLessThan(ORDINARY_MB + 60);
  });

  test.each([
    [401, 6, 'BTM_CREDENTIALS_REJECTED', 1],
    [503, 8, 'BTM_SERVER_FAILED', 5],
  ])('of an error is not waited for: %i ends with %i', async (status, exit, named, sent) => {
    const rule = { method: 'GET', path: /^\/v1\/project/, status, body: 'flood' } as const;
    const { code, error, detail, peak } = await run(rule, ['plan']);
    expect([code, error, proxy.hits()]).toEqual([exit, named, sent]);
    expect(detail).toContain(`answered ${status}`);
    expect(peak).toBeLessThan(ORDINARY_MB);
  });
});

test('the body of an error that brings a byte a second does not hold up what its status says', async () => {
  const rule = { method: 'GET', path: /^\/v1\/project/, status: 401, body: { everyMs: 1000 } } as const;
  const { code, error } = await run(rule, ['plan']);
  expect([code, error, proxy.hits()]).toEqual([6, 'BTM_CREDENTIALS_REJECTED', 1]);
});
