import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Emulator } from '../../emulator/start-emulator.ts';

/** The official `bt` 0.20.0 of the package @braintrust/bt-linux-x64, pinned by `overrides` in package.json. */
export const BT_BINARY = fileURLToPath(new URL('../../node_modules/@braintrust/bt-linux-x64/bin/bt', import.meta.url));

/** False on platforms for which the package brings no binary. */
export const hasBt = process.platform === 'linux' && process.arch === 'x64' && existsSync(BT_BINARY);

/** What `bt` needs to know to work for an org at this address, and nothing of this machine. */
export function btEnvironment(home: string, url: string, org: { name: string; key: string }): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    BRAINTRUST_API_KEY: org.key,
    BRAINTRUST_ORG_NAME: org.name,
    BRAINTRUST_API_URL: url,
    BRAINTRUST_APP_URL: url,
    BRAINTRUST_NO_INPUT: '1',
    NO_COLOR: '1',
  };
}

/** Runs `bt` against one emulator in an empty home, so that no profile or login of this machine leaks in. */
export class BtCli {
  readonly home = mkdtempSync(join(tmpdir(), 'bt-home-'));
  readonly #environment: Record<string, string>;

  constructor(emulator: Emulator) {
    const { url, orgs } = emulator;
    this.#environment = btEnvironment(this.home, url, orgs[0] ?? { name: '', key: '' });
  }

  /** The JSON that a command prints; another exit code than 0 is a failure that shows its output. */
  async json(...args: string[]): Promise<unknown> {
    const { code, stdout, stderr } = await this.run(...args, '--json');
    if (code !== 0) throw new Error(`bt ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
    return JSON.parse(stdout);
  }

  run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = spawn(BT_BINARY, args, { cwd: this.home, env: this.#environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        resolve({ code, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') });
      });
    });
  }

  /** Runs `functions push` on a CommonJS file with this content; answers its report. */
  async pushFunctions(code: string): Promise<unknown> {
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(this.home, 'node_modules'));
    writeFileSync(join(this.home, 'package.json'), '{"type":"commonjs"}');
    writeFileSync(join(this.home, 'functions.js'), code);
    const runner = fileURLToPath(new URL('bt-runner.cjs', import.meta.url));
    return this.json('functions', 'push', 'functions.js', '--runner', runner, '--create-missing-projects', '--yes');
  }

  /** Rows that `sync pull` left in a folder relative to home. */
  pulledRows(folder: string): Record<string, unknown>[] {
    const files = readdirSync(join(this.home, folder)).filter((name) => name.endsWith('.jsonl'));
    return files.flatMap((name) =>
      readFileSync(join(this.home, folder, name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    );
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
