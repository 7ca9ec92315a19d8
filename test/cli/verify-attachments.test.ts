import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Emulator } from '../../emulator/start-emulator.ts';
import { VerifyFixture } from '../support/verify-fixture.ts';

const LOGS = 'logs."Support bot"';

let acme: VerifyFixture;
beforeEach(async () => {
  acme = await VerifyFixture.start();
});
afterEach(() => acme.close());

describe('attachments', () => {
  interface Held {
    readonly key: string;
    readonly base64: string;
  }

  beforeEach(async () => {
    const [org] = await acme.source.list('/v1/organization');
    for (const name of ['a', 'b']) {
      const about = { key: randomUUID(), filename: `${name}.txt`, content_type: 'text/plain' };
      const { signedUrl, headers } = await acme.source.object('POST', '/attachment', { ...about, org_id: org?.id });
      await fetch(String(signedUrl), { method: 'PUT', headers: headers as Record<string, string>, body: 'a ticket' });
      const status = { upload_status: 'done' };
      await acme.source.object('POST', '/attachment/status', { key: about.key, org_id: org?.id, status });
      await acme.log(acme.project.id, { id: name, input: { file: { type: 'braintrust_attachment', ...about } } });
    }
    await acme.apply();
  });

  const filesOf = ({ blobs }: { readonly blobs: Held[] }): Held[] =>
    blobs.filter(({ base64 }) => Buffer.from(base64, 'base64').toString() === 'a ticket');

  /** Changes what is stored of one attachment; the source's were uploaded before those of the destination. */
  function change(side: 'source' | 'destination', to: (blob: Held) => Held[]): void {
    const dump = structuredClone(acme.emulator.dump()) as { blobs: Held[] };
    const files = filesOf(dump);
    const chosen = side === 'source' ? files[0] : files.at(-1);
    const blobs = dump.blobs.flatMap((blob) => (blob === chosen ? to(blob) : [blob]));
    acme.emulator.load({ ...dump, blobs } as unknown as Parameters<Emulator['load']>[0]);
  }
  const ways = {
    lost: (): Held[] => [],
    shorter: (blob: Held): Held[] => [{ ...blob, base64: Buffer.from('a tick').toString('base64') }],
  };

  test.each([
    ['hash', 2],
    ['content', 4],
  ])('are all opened at level %s, with the figure', async (level, checked) => {
    const { code, item } = await acme.verify('--level', level);
    expect(code).toBe(0);
    expect(item(LOGS)).toMatchObject({ symbol: '=', attachments: { checked, unavailable: 0 } });
    expect((await acme.run('verify', '--level', level)).stdout).toContain(
      `${checked} attachments asked for: 0 cannot be downloaded as they were copied.`,
    );
  });

  test.each([
    ['lost', 'destination', [], { row: null }],
    ['lost', 'destination', ['--sample', '1'], { row: null }],
    ['lost', 'destination', ['--level', 'content'], { row: null }],
    ['shorter', 'destination', [], { bytes: 6, copied_bytes: 8 }],
    ['lost', 'source', ['--level', 'content'], { side: 'source' }],
    ['shorter', 'source', ['--both-sides'], { side: 'source', bytes: 6, copied_bytes: 8 }],
  ] as const)('that are %s in the %s are named with %j', async (how, side, flags, first) => {
    change(side, ways[how]);
    const { code, item } = await acme.verify(...flags);
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({
      symbol: '*',
      attachments: { unavailable: 1 },
      first_difference: { attachment: expect.any(String), ...first },
    });
  });

  function refuse(path: string, status: number, times?: number): void {
    const rule = { match: { path, org: 'Acme Prod' }, action: { type: 'status', status } } as const;
    acme.emulator.faults.add(times === undefined ? rule : { ...rule, times });
  }

  test.each([[[]], [['--sample', '1']], [['--level', 'content']]])(
    'of which one cannot be looked at are named with the reason, and everything else goes on with %j',
    async (flags) => {
      const stored = filesOf(acme.emulator.dump() as unknown as { blobs: Held[] }).at(-1);
      const key = stored?.key.split('/').at(-1) ?? '';
      acme.emulator.faults.add({ match: { path: `/object-store/*${key}*` }, action: { type: 'status', status: 403 } });
      const { code, item } = await acme.verify(...flags);
      expect(code).toBe(8);
      const reason = expect.stringMatching(/fetched from http:\/\/127\.0\.0\.1:\d+, which answered 403\./);
      expect(item(LOGS)).toMatchObject({
        symbol: '!',
        rows_compared: 2,
        attachments: { unavailable: 0, unknown: 1 },
        unread_attachments: [{ attachment: key, reason }],
      });
      expect(item('project."Support bot"')).toMatchObject({ symbol: '=' });
      const { stdout, stderr } = await acme.run('verify', ...flags);
      expect(stdout).toContain(`  ! ${LOGS}: attachment ${key} could not be looked at: `);
      expect(stdout).toContain('0 cannot be downloaded as they were copied, 1 could not be looked at.');
      expect(stderr).toContain(`1 attachment could not be looked at; ${key} of ${LOGS} is one of them.`);
    },
    60_000,
  );

  test('of which one cannot be looked at hide no difference', async () => {
    refuse('/attachment', 403, 1);
    await acme.destination.object('POST', '/logs3', {
      rows: [{ project_id: await acme.there(), log_id: 'g', id: 'a', _object_delete: true }],
      api_version: 2,
    });
    const { code, item } = await acme.verify('--level', 'content');
    expect(code).toBe(9);
    expect(item(LOGS)).toMatchObject({
      symbol: '+',
      attachments: { unknown: 1 },
      first_difference: { row: 'a', what: 'missing' },
    });
  });

  test('end the run where nothing else could be read either', async () => {
    refuse('/attachment', 401);
    const { code, stdout } = await acme.run('verify', '--json');
    expect(code).toBe(6);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'BTM_CREDENTIALS_REJECTED' });
  });

  test('are not asked for one by one where their store answers for none', async () => {
    const file = { type: 'braintrust_attachment', filename: 'x.txt', content_type: 'text/plain' };
    const files = Array.from({ length: 60 }, () => ({ ...file, key: randomUUID() }));
    const row = { project_id: await acme.there(), log_id: 'g', id: 'a', input: files };
    await acme.destination.object('POST', '/logs3', { rows: [row], api_version: 2 });
    refuse('/attachment', 403);
    acme.emulator.requests.clear();
    const { item } = await acme.verify('--level', 'content');
    expect(item(LOGS)).toMatchObject({ symbol: '!', detail: expect.stringContaining('answered 403') });
    expect(item(LOGS)).not.toHaveProperty('unread_attachments');
    const refused = acme.emulator.requests.matching('GET', '/attachment').filter(({ status }) => status === 403);
    // Eight at once, until twenty in a row got no answer.
    expect(refused).toHaveLength(24);
  });

  test('that the spec keeps where they are need not be in the destination', async () => {
    await acme.destination.object('DELETE', `/v1/project/${await acme.there()}`);
    await acme.destination.object('POST', '/v1/project', { name: 'Support bot' });
    acme.changeFolder();
    await acme.apply('streams: { attachments: keep }\n');
    const { code, item } = await acme.verify();
    expect(code).toBe(0);
    expect(item(LOGS)).not.toHaveProperty('attachments');
  });
});

describe('a field that became an attachment, because the row is larger than the platform takes,', () => {
  const input = 'x'.repeat(19_000_000);
  beforeEach(async () => {
    await acme.close();
    acme = await VerifyFixture.start({ switches: { logs3PayloadMaxBytes: 64 * 1024 * 1024 } });
  });
  const spilled = async (): Promise<{ key: string }> => {
    const query = `select: * | from: project_logs('${await acme.there()}') spans | filter: id = 'large'`;
    const { data } = await acme.destination.object('POST', '/btql', { query });
    return (data as [{ input: { key: string } }])[0].input;
  };

  test('is the same at every level', async () => {
    await acme.log(acme.project.id, { id: 'large', input, output: 'y' });
    await acme.apply();
    expect(await spilled()).toMatchObject({ type: 'braintrust_attachment', filename: 'input.json' });
    for (const level of ['hash', 'content']) {
      const { code, item } = await acme.verify('--level', level);
      expect([code, item(LOGS)]).toMatchObject([0, { symbol: '=', rows_compared: 1 }]);
    }
  });

  test.each([
    ['another content', JSON.stringify(`${input.slice(1)}y`)],
    ['no JSON', '"'],
  ])('differs where the attachment holds %s', async (_, content) => {
    await acme.log(acme.project.id, { id: 'large', input, output: 'y' });
    await acme.apply();
    const key = randomUUID();
    const names = { filename: 'input.json', content_type: 'application/json' };
    const { signedUrl } = await acme.destination.object('POST', '/attachment', { key, ...names });
    await fetch(String(signedUrl), { method: 'PUT', body: content });
    await acme.destination.object('POST', '/attachment/status', { key, status: { upload_status: 'done' } });
    const reference = { type: 'braintrust_attachment', ...names, key };
    const row = { project_id: await acme.there(), log_id: 'g', id: 'large', input: reference, output: 'y' };
    await acme.destination.object('POST', '/logs3', { rows: [row], api_version: 2 });
    const { code, item } = await acme.verify('--level', 'content');
    expect([code, item(LOGS)]).toMatchObject([
      9,
      { symbol: '*', first_difference: { row: 'large', path: 'input', what: 'changed' } },
    ]);
  });
});
