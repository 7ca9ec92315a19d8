// Makes dist/: every module on its own for programs that import the package, and the command line as one file (bin/load-cli.js).
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

function run(argv, stdout = 'inherit') {
  const { status } = spawnSync(process.execPath, argv, { cwd: root, stdio: ['ignore', stdout, 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
}

/** Stays outside the bundle of the command line: what few commands need, and what is not JavaScript. */
const separate = {
  name: 'separate',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/emulator\/run-emulator\.js$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: './emulator.cjs', external: true },
    );
    onResolve({ filter: /^(undici|better-sqlite3)$/ }, ({ path }) => ({ path, external: true }));
  },
};

rmSync(`${root}dist`, { recursive: true, force: true });
run(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
// SQL migrations are data beside the code that runs them.
for (const folder of ['dist/src/state/migrations', 'dist/migrations']) {
  cpSync(`${root}src/state/migrations`, root + folder, { recursive: true });
}
await build({
  absWorkingDir: root,
  entryPoints: { cli: 'dist/src/cli/main.js', emulator: 'dist/emulator/run-emulator.js' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  // Code that comes from a code cache cannot import().
  supported: { 'dynamic-import': false },
  // Names stay, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  alias: { 'string-width': './scripts/string-width.js' },
  plugins: [separate],
  logLevel: 'warning',
});
run(['scripts/warm-up.mjs'], 'ignore');
