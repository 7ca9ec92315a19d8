// Compiles src/ and emulator/ to dist/ with tsc alone: one app, a native dependency, readable stack traces, no bundler.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const tsc = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
// SQL migrations are data beside the code that runs them.
if (existsSync(`${root}src/state/migrations`)) {
  cpSync(`${root}src/state/migrations`, `${root}dist/src/state/migrations`, { recursive: true });
}
