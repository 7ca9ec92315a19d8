import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';
import { afterAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const { default: config } = (await import(new URL('../.dependency-cruiser.mjs', import.meta.url).href)) as {
  default: { forbidden: NonNullable<ICruiseOptions['ruleSet']>['forbidden']; options: ICruiseOptions };
};

/** One forbidden import per rule: file, what it imports, and the rule that must find it. */
const PLANTED = [
  ['src/domain/planted.ts', '../spec/room.ts', 'domain-imports-nothing'],
  ['src/executor/planted.ts', '../planner/room.ts', 'planner-and-executor-meet-in-domain'],
  ['src/planner/planted.ts', '../executor/room.ts', 'planner-never-imports-executor'],
  ['src/providers/planted.ts', '../cli/room.ts', 'nothing-imports-cli'],
  ['src/spec/planted.ts', '../api/room.ts', 'spec-stays-in-its-room'],
  ['src/api/planted.ts', '../providers/room.ts', 'api-stays-in-its-room'],
  ['src/inventory/planted.ts', '../planner/room.ts', 'inventory-stays-in-its-room'],
  ['src/state/planted.ts', '../planner/room.ts', 'state-stays-in-its-room'],
  ['src/streams/planted.ts', '../api/room.ts', 'streams-stays-in-its-room'],
  ['emulator/planted.ts', '../src/domain/room.ts', 'emulator-stands-alone'],
  ['src/planner/planted-emulator.ts', '../../emulator/room.ts', 'engine-does-not-know-the-emulator'],
  ['src/planner/planted-undici.ts', 'undici', 'only-api-imports-undici'],
  ['src/executor/planted-sqlite.ts', 'better-sqlite3', 'only-state-imports-sqlite'],
  ['src/executor/planted-graph.ts', 'graphology', 'only-planner-imports-graphology'],
  ['src/planner/planted-chalk.ts', 'chalk', 'only-cli-draws'],
  ['src/providers/kinds/planted.ts', '../room.ts', 'kinds-are-data'],
] as const;

const scratch = mkdtempSync(join(tmpdir(), 'bt-migrate-rooms-'));
afterAll(() => rmSync(scratch, { recursive: true }));

async function violations(baseDir: string): Promise<ICruiseResult['summary']> {
  const options: ICruiseOptions = {
    ...config.options,
    baseDir,
    validate: true,
    ruleSet: { forbidden: config.forbidden ?? [] },
  };
  const { output } = await cruise(['src', 'emulator'], options);
  return (output as ICruiseResult).summary;
}

test('no module of the project breaks an import rule', async () => {
  const { totalCruised, violations: found } = await violations(ROOT);
  expect(totalCruised).toBeGreaterThan(200);
  expect(found.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
});

describe('a planted violation is found', async () => {
  symlinkSync(join(ROOT, 'node_modules'), join(scratch, 'node_modules'));
  write(
    'tsconfig.json',
    '{ "compilerOptions": { "module": "NodeNext", "allowImportingTsExtensions": true, "noEmit": true } }',
  );
  for (const folder of ['domain', 'spec', 'api', 'providers', 'inventory', 'planner', 'executor', 'state', 'cli']) {
    write(`src/${folder}/room.ts`, 'export interface Room { readonly name: string }\n');
  }
  write('emulator/room.ts', 'export interface Room { readonly name: string }\n');
  for (const [file, target] of PLANTED)
    write(file, `import type * as found from '${target}';\nexport type Planted = typeof found;\n`);
  const { violations: found } = await violations(scratch);

  test.each(PLANTED)('%s importing %s breaks %s', (file, _target, rule) => {
    expect(found.filter(({ from }) => from === file).map(({ rule: broken }) => broken.name)).toContain(rule);
  });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(scratch, path)), { recursive: true });
  writeFileSync(join(scratch, path), text);
}
