import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AcmeWorkspace, openAcmeWorkspace } from '../support/acme-workspace.ts';
import { writeRows } from '../support/mixed-rows.ts';
import { portrait } from '../support/portrait.ts';
import { rowTexts } from '../support/row-texts.ts';

const DEEP = 10_000;
const NAMES = [
  '../../../etc/passwd',
  '..',
  '/absolute',
  'C:\\Windows\\System32',
  'nul\u0000byte',
  'invoice\u202efdp.exe',
  '\u200fright to left',
  '\u001b[31mred\u001b[0m',
  '\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007',
  '\u009b2J',
  'line\r\nbreak',
  '__proto__',
  'constructor',
  'toString',
  '*',
  '$HOME',
  '{{name}}',
  'm'.repeat(1_000_000),
];
const BODIES = [
  `${'[{"a":'.repeat(DEEP)}9007199254740993${'}]'.repeat(DEEP)}`,
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"twice":1,"twice":2.0}',
  '"\\ud800 alone, \\udfff too, \\u0000 and \\u202e"',
  '{"type":"braintrust_attachment","filename":"../../x","content_type":"text/plain","key":"../../../etc/passwd"}',
  `"${'😀'.repeat(500_000)}"`,
];

let acme: AcmeWorkspace;
beforeEach(async () => {
  acme = await openAcmeWorkspace();
});
afterEach(() => acme.close());

test('names and bodies that strangers wrote arrive as they are, and reach neither the disk nor the terminal', async () => {
  const { id } = await acme.source.object('POST', '/v1/project', { name: '../up' });
  for (const name of NAMES) {
    await acme.source.object('POST', '/v1/dataset', { project_id: id, name, metadata: { [name]: name } });
    await acme.source.object('POST', '/v1/prompt', { project_id: id, name, slug: name });
  }
  const logs = { type: 'project_logs', id, name: '../up' } as const;
  const rows = BODIES.map((body, n) => `"id":"../row-${n}","input":${body}`);
  await writeRows({ url: acme.emulator.url, key: acme.emulator.orgs[0]?.key ?? '' }, logs, rows);
  acme.emulator.faults.add({
    match: { method: 'POST', path: '/logs3*', org: 'Acme Prod', bodyIncludes: 'twice' },
    action: { type: 'status', status: 400, body: { message: '\u001b]0;owned\u0007no' } },
  });

  const planned = await acme.run(['plan', '-o', 'plan.out']);
  expect(planned.code).toBe(0);
  const applied = await acme.run(['apply', 'plan.out', '--log-level', 'debug', '--report', 'run.json']);
  // The missing attachment and the refused row.
  expect(applied.code).toBe(3);
  const listed = await acme.run(['quarantine', 'list']);
  for (const { stdout, stderr } of [planned, applied, listed]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not reach a terminal.
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200f]/);
  }
  expect(await portrait(acme.destination)).toEqual(
    expect.arrayContaining((await portrait(acme.source)).filter((text) => !text.includes('@'))),
  );

  const [copy] = await acme.destination.list('/v1/project');
  const dump = acme.emulator.dump();
  const [sent, found] = [rowTexts(dump, 'project_logs', id), rowTexts(dump, 'project_logs', copy?.id ?? '')];
  sent.delete('"../row-1"');
  expect([...found.keys()]).toEqual([...sent.keys()]);
  for (const [row, text] of sent) expect(found.get(row) === text, row).toBe(true);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();

  const quarantine = 'bt-migrate.state.db.quarantine';
  const files = readdirSync(acme.cli.folder, { recursive: true, encoding: 'utf8' }).sort();
  expect(files.filter((name) => !name.startsWith(`${quarantine}/`))).toEqual(
    ['bt-migrate.state.db', quarantine, 'migration.yaml', 'plan.out', 'run.json'].sort(),
  );
  const bodies = readdirSync(join(acme.cli.folder, quarantine));
  for (const name of bodies) expect(name).toMatch(/^[\w.-]+$/);
  expect(bodies.some((name) => readFileSync(join(acme.cli.folder, quarantine, name), 'utf8').includes('twice'))).toBe(
    true,
  );
}, 120_000);
