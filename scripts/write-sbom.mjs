// Prints the bill of materials (CycloneDX) of what is installed with bt-migrate: npm's own, without what only development needs.
// `npm sbom --omit dev` also leaves out packages that both need, such as zod, so the lock file says which is which.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('..', import.meta.url));
const { packages } = JSON.parse(readFileSync(`${cwd}package-lock.json`, 'utf8'));
const argv = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'];
const bill = JSON.parse(execFileSync('npm', argv, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 }));
const needed = new Set(
  Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .map(([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${version}`),
);
const components = bill.components.filter((component) => needed.has(component['bom-ref']));
const kept = new Set([bill.metadata.component['bom-ref'], ...components.map((component) => component['bom-ref'])]);
const dependencies = bill.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }));
console.log(JSON.stringify({ ...bill, components, dependencies }, null, 2));
