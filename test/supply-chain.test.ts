import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const REGISTRY = 'https://registry.npmjs.org/';
const read = (name: string): string => readFileSync(`${ROOT}${name}`, 'utf8');

interface Locked {
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  /** It comes in the archive of another package, whose integrity covers it. */
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
}

const manifest = JSON.parse(read('package.json')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};
const { '': root, ...packages } = (JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> })
  .packages as Record<string, Locked>;
const atRunTime = Object.entries(packages).filter(([, one]) => one.dev !== true && one.devOptional !== true);
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

test('every package is locked to its content, and none comes from anywhere but the registry', () => {
  expect(root).toBeDefined();
  expect(atRunTime.length).toBeGreaterThan(Object.keys(manifest.dependencies).length);
  const loose = Object.entries(packages).filter(
    ([, { resolved = REGISTRY, integrity = '', inBundle = false }]) =>
      !inBundle && (!resolved.startsWith(REGISTRY) || !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity)),
  );
  expect(loose).toEqual([]);
});

test('what package.json asks for is one version, the one that is locked', () => {
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    expect([name, packages[`node_modules/${name}`]?.version]).toEqual([name, version]);
  }
});

test('only better-sqlite3 runs something when bt-migrate is installed', () => {
  const running = atRunTime.filter(([, { hasInstallScript }]) => hasInstallScript === true);
  expect(running.map(([path]) => nameOf(path))).toEqual(['better-sqlite3']);
});

test('every run-time dependency has its reason, in one line, and no other package has', () => {
  const rows = read('docs/dependencies.md').matchAll(/^\| ([^|]+) \| ([^|]+) \|$/gm);
  const reasons = [...rows].filter(([, names = '']) => names !== 'package' && !names.startsWith('---'));
  const named = reasons.flatMap(([, names = '']) => names.split(', '));
  expect(named.sort()).toEqual(Object.keys(manifest.dependencies).sort());
  for (const [, , reason = ''] of reasons) expect(reason.trim().length).toBeGreaterThan(10);
});

test('the bill of materials names every package that is installed with bt-migrate', () => {
  const script = `${ROOT}scripts/write-sbom.mjs`;
  const bill = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' })) as {
    components: { name: string; version: string }[];
  };
  const listed = bill.components.map(({ name, version }) => `${name}@${version}`);
  const wanted = new Set(atRunTime.map(([path, { version }]) => `${nameOf(path)}@${version}`));
  expect(listed.sort()).toEqual([...wanted].sort());
});
