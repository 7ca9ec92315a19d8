/*
 * Breaks the code on purpose, one place at a time, in a copy of the committed tree, and shows that a test goes red for it.
 * Ends with 1 when a breakage goes unnoticed.
 *
 *   npm run mutate [-- N …]     only the breakages with these numbers
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BREAKAGES } from './breakages.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const place = mkdtempSync(join(tmpdir(), 'bt-migrate-mutate-'));
const copy = join(place, 'main');
const chosen = process.argv.slice(2).map(Number);
let unnoticed = 0;
try {
  execFileSync('git', ['clone', '--quiet', ROOT, copy]);
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const shared = join(ROOT, '../shared');
  if (existsSync(shared)) symlinkSync(shared, join(place, 'shared'));
  process.stdout.write('| # | breakage | test | broken | as it is |\n| --- | --- | --- | --- | --- |\n');
  for (const [index, breakage] of BREAKAGES.entries()) {
    if (chosen.length === 0 || chosen.includes(index + 1)) show(index + 1, breakage);
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}
process.exitCode = unnoticed === 0 ? 0 : 1;

function show(number, { name, file, find, replace, test }) {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(find).length !== 2) throw new Error(`${file} does not hold exactly one: ${find}`);
  const before = passes(test);
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
  const after = passes(test);
  writeFileSync(path, text);
  if (!before || after) unnoticed += 1;
  process.stdout.write(
    `| ${number} | ${name} | \`${test}\` | ${after ? '**green**' : 'red'} | ${before ? 'green' : '**red**'} |\n`,
  );
}

function passes(test) {
  return spawnSync('npx', ['vitest', 'run', test], { cwd: copy, stdio: 'ignore' }).status === 0;
}
