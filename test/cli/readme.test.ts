import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/start-emulator.ts';
import { commands } from '../../src/cli/commands.ts';
import { GLOBAL_OPTIONS } from '../../src/cli/globals.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { clientOf } from '../support/emulator-client.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

let cli: CliFixture;
let emulator: Emulator;
beforeEach(async () => {
  cli = cliFixture();
  emulator = await startEmulator({ seed: 'demo' });
});
afterEach(async () => {
  cli.remove();
  await emulator.close();
});

interface Typed {
  readonly command: string;
  readonly shown: readonly string[];
}

/** What the README shows below a heading as typed, and what it shows as printed. */
function session(heading: string): Typed[] {
  const [, part = ''] = README.split(`\n## ${heading}\n`);
  const [, block = ''] = /```console\n([\s\S]*?)\n```\n/.exec(part) ?? [];
  return block.split(/^\$ /m).flatMap((part): Typed[] => {
    const [command = '', ...shown] = part.trimEnd().split('\n');
    return command === '' ? [] : [{ command, shown }];
  });
}

/** Digests, ports and times differ from run to run; the README shortens digests. */
function settled(text: string): string {
  return text
    .replace(/sha256:[0-9a-f]+…?/g, 'sha256:…')
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'https://bt.acme.internal')
    .replace(/Run [0-9a-f-]{36} took [^,]+/g, 'Run … took …')
    .replace(/about [\d.]+ kB/g, 'about … kB')
    .replace(/as of \d{4}-\d\d-\d\d/g, 'as of …');
}

/** Splits what is shown where it says that lines are left out. */
function expectShown(shown: readonly string[], printed: string): void {
  const output = `\n${settled(printed).trimEnd()}\n`;
  let at = 0;
  for (const [index, part] of `\n${settled(shown.join('\n'))}\n`.split('\n…\n').entries()) {
    const lines = index === 0 ? part : `\n${part}`;
    const found = output.indexOf(lines.endsWith('\n') ? lines : `${lines}\n`, at);
    expect(found, `not in the output, or not in this order:${lines}\nof the output:${output}`).toBeGreaterThanOrEqual(
      at,
    );
    at = found + lines.length - 1;
  }
  const isWhole = shown.at(-1) !== '…';
  if (isWhole) expect(output.length - at).toBeLessThanOrEqual(1);
}

/** What a comment in the session says that somebody does. */
async function editByHand(): Promise<void> {
  const client = clientOf(emulator, emulator.orgs[1]?.name);
  const [prompt] = await client.list('/v1/prompt?slug=handover');
  await client.object('PATCH', `/v1/prompt/${prompt?.id}`, { description: 'Do not use' });
}

test('the session in the README, and the one in a pull request, are what the commands print', async () => {
  const [source, destination] = emulator.orgs;
  const env = { BT_SOURCE_API_KEY: source?.key ?? '', BT_DEST_API_KEY: destination?.key ?? '' };
  const typed = [...session('A session'), ...session('In a pull request')];
  expect(typed.length).toBeGreaterThan(13);
  for (const { command, shown } of typed) {
    if (command.startsWith('export ')) continue;
    if (command.startsWith('# ')) {
      await editByHand();
      continue;
    }
    if (command === 'cat migration.yaml') {
      const spec = shown.join('\n');
      cli.write(
        'migration.yaml',
        `${spec.replace(/https:\/\/(api\.braintrust\.dev|bt\.acme\.internal)/g, emulator.url)}\n`,
      );
      continue;
    }
    const [, words = '', tail, echo] = /^bt-migrate (.*?)(?: \| tail -(\d+))?(; echo \$\?)?$/.exec(command) ?? [];
    const digest = /^Digest: (\S+)$/m.exec((await cli.run(['show', 'plan.out'], { env })).stdout)?.[1] ?? '';
    const argv = words.split(' ').map((word) => (word.startsWith('sha256:') ? digest : word));
    const { stdout, stderr, code } = await cli.run(argv, { env });
    expect([command, stderr]).toEqual([command, '']);
    const lines = stdout.trimEnd().split('\n');
    const printed = tail === undefined ? lines : lines.slice(-Number(tail));
    expectShown(shown, [...printed, ...(echo === undefined ? [] : [String(code)])].join('\n'));
  }
});

test('the README names every command and flag of every command, and every document', () => {
  for (const { name } of commands) {
    const [word = '', member] = name.split(' ');
    const span = member === undefined ? `\x60${word}[ \x60]` : `\x60${word} [a-z\\\\|]*\\b${member}\\b`;
    expect(README, name).toMatch(new RegExp(span));
  }
  for (const flag of Object.keys(GLOBAL_OPTIONS)) expect(README).toContain(`--${flag}`);
  for (const name of readdirSync(new URL('../../docs', import.meta.url))) expect(README).toContain(`(docs/${name})`);
});
