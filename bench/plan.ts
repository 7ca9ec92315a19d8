// How long `bt-migrate plan` takes, how much memory and how many requests, by number of objects. Runs the built binary
// against an emulator in this process: `npm run build && npm run bench:plan`. Beside it `terraform plan` of as many
// `terraform_data` resources, where that binary exists.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmulator } from '../emulator/start-emulator.ts';
import { addLargeOrg } from './support/large-org.ts';
import { type MeasuredRun, runMeasured } from './support/run-measured.ts';

const BINARY = fileURLToPath(new URL('../bin/bt-migrate.js', import.meta.url));
const RUNS = 3;
const sizes = process.argv.slice(2).map(Number).filter(Boolean);
/** Beyond this terraform takes longer than everything else here together. */
const MOST_FOR_TERRAFORM = 10_000;

console.log('| objects | plan, median s | peak MB | requests | of them one per object | terraform s | terraform MB |');
console.log('|---:|---:|---:|---:|---:|---:|---:|');
for (const size of sizes.length > 0 ? sizes : [1_000, 10_000, 100_000]) await measure(size);

async function measure(objects: number): Promise<void> {
  const emulator = await startEmulator({
    orgs: [
      { name: 'Acme Dev', key: 'sk-dev' },
      { name: 'Acme Prod', key: 'sk-prod' },
    ],
  });
  emulator.load(addLargeOrg(emulator.dump(), 'Acme Dev', objects));
  const dir = mkdtempSync(join(tmpdir(), 'bt-migrate-bench-'));
  const { url } = emulator;
  writeFileSync(
    join(dir, 'migration.yaml'),
    `version: 1\nsource: { url: "${url}", org: Acme Dev }\ndestination: { url: "${url}", org: Acme Prod }\n`,
  );
  const env = { PATH: process.env.PATH, BT_SOURCE_API_KEY: 'sk-dev', BT_DEST_API_KEY: 'sk-prod' };
  const runs: MeasuredRun[] = [];
  let requests = 0;
  for (let run = 0; run < RUNS; run += 1) {
    emulator.requests.clear();
    const measured = await runMeasured(process.execPath, [BINARY, 'plan', '-o', 'plan.out'], { cwd: dir, env });
    if (measured.exitCode !== 0) throw new Error(`plan exited with ${measured.exitCode}: ${measured.stderr}`);
    requests = emulator.requests.total;
    runs.push(measured);
  }
  const perObject =
    emulator.requests.matching('GET', '/v1/view').length +
    emulator.requests.matching('GET', '/environment-object').length;
  const terraform = objects <= MOST_FOR_TERRAFORM ? await measureTerraform(dir, objects) : [];
  const columns = [
    objects,
    seconds(runs),
    megabytes(runs),
    requests,
    perObject,
    seconds(terraform),
    megabytes(terraform),
  ];
  console.log(`| ${columns.join(' | ')} |`);
  await emulator.close();
  rmSync(dir, { recursive: true });
}

async function measureTerraform(dir: string, objects: number): Promise<MeasuredRun[]> {
  writeFileSync(
    join(dir, 'main.tf'),
    `resource "terraform_data" "object" {\n  count = ${objects}\n  input = "object \${count.index}"\n}\n`,
  );
  try {
    const options = { cwd: dir, env: process.env };
    const ready = await runMeasured('terraform', ['init', '-input=false'], options);
    return ready.exitCode === 0
      ? [await runMeasured('terraform', ['plan', '-input=false', '-out=tf.out'], options)]
      : [];
  } catch {
    return [];
  }
}

function seconds(runs: readonly MeasuredRun[]): string {
  return runs.length === 0 ? 'not run' : median(runs.map((run) => run.seconds)).toFixed(2);
}

function megabytes(runs: readonly MeasuredRun[]): string {
  return runs.length === 0 ? 'not run' : String(Math.round(median(runs.map((run) => run.peakBytes)) / 1e6));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
