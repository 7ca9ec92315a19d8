import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILT = 'dist/cli.cache';

/** Tests of the built binary must not pass on yesterday's code. @throws Error when dist/ is missing or older than a source. */
export function requireFreshBuild(): void {
  const built = join(ROOT, BUILT);
  if (!existsSync(built)) throw new Error(`${BUILT} is missing: run "npm run build" first (npm test does).`);
  const builtAt = statSync(built).mtimeMs;
  for (const folder of ['src', 'emulator']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(ts|sql)$/.test(name) || name.endsWith('.test.ts')) continue;
      if (statSync(join(ROOT, folder, name)).mtimeMs > builtAt) {
        throw new Error(`dist/ is older than ${folder}/${name}: run "npm run build" first (npm test does).`);
      }
    }
  }
}
