// Packs the project, installs the package into an empty folder as a user would, and runs its demo there.
// Takes minutes: better-sqlite3 may have to be compiled. Run it with: npm run test:pack
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bt-migrate-package-'));
const npm = (cwd, ...argv) =>
  execFileSync('npm', argv, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

try {
  npm(root, 'pack', '--silent', '--pack-destination', folder);
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  npm(folder, 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`);
  const output = execFileSync('npx', ['--no-install', 'bt-migrate', 'demo', '--dir', 'demo', '--json'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const { exit_code: exitCode, steps } = JSON.parse(output);
  const wrong = steps.filter((step) => step.exit_code !== step.expected);
  if (exitCode !== 0 || steps.length < 10 || wrong.length > 0) throw new Error(`The demo went wrong: ${output}`);
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      "const { startEmulator } = await import('bt-migrate/emulator'); await (await startEmulator()).close();",
    ],
    { cwd: folder, stdio: 'inherit' },
  );
  console.log(`The package installs into an empty folder and its demo runs: ${steps.length} steps, all as expected.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
