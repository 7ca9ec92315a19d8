import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * What stands in for GitHub's own command: the questions that the workflows ask it, answered out of a folder. Each question
 * is a fixed line here, so that a workflow that asks for something else fails.
 */
const GH = `#!/bin/sh
set -eu
case "$*" in
  "api repos/acme/migration/commits/"*"/pulls --jq .[0].number") echo 7 ;;
  "api repos/acme/migration/pulls/7 --jq .head.sha") cat "$HUB/head" ;;
  "run list --workflow bt-migrate-plan.yml --commit $(cat "$HUB/head") --status success "*) echo 11 ;;
  "run download 11 --name bt-migrate-plan") cp "$HUB/plan.out" plan.out ;;
  "api repos/acme/migration/issues/7/comments --paginate --jq .[] | "*"| .id") test ! -e "$HUB/comment.md" || echo 21 ;;
  "api repos/acme/migration/issues/7/comments --paginate --jq .[] | "*"| .body") cat "$HUB/comment.md" ;;
  "api --silent --method PATCH repos/acme/migration/issues/comments/21 -F body=@comment.md") cp comment.md "$HUB/comment.md"; echo edited >> "$HUB/posts" ;;
  "api --silent repos/acme/migration/issues/7/comments -F body=@comment.md") cp comment.md "$HUB/comment.md"; echo new >> "$HUB/posts" ;;
  *) echo "no answer to: gh $*" >&2; exit 64 ;;
esac
`;

export interface StepRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs steps of the workflows as a runner does: each job in an empty folder with a clone in it, and nothing else. */
export class WorkflowRunner {
  readonly #place = mkdtempSync(join(tmpdir(), 'bt-migrate-ci-'));
  readonly #bin = join(this.#place, 'bin');
  readonly hub = join(this.#place, 'hub');
  readonly remote = join(this.#place, 'remote.git');
  readonly #env: Readonly<Record<string, string>>;
  #jobs = 0;

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
    mkdirSync(this.#bin);
    mkdirSync(this.hub);
    this.command('bt-migrate', `#!/bin/sh\nexec "${process.execPath}" "${ROOT}bin/bt-migrate.js" "$@"\n`);
    this.command('gh', GH);
  }

  /** A folder with a clone of a branch. */
  async job(branch: string): Promise<WorkflowJob> {
    this.#jobs += 1;
    const folder = join(this.#place, `job-${this.#jobs}`);
    await this.shell(this.#place, `git clone --quiet --depth=1 --branch ${branch} "file://${this.remote}" "${folder}"`);
    return new WorkflowJob(this, folder);
  }

  async shell(cwd: string, script: string, env: Readonly<Record<string, string>> = {}): Promise<StepRun> {
    const run = await execute(cwd, script, { ...this.#base(), ...env });
    if (run.code !== 0) throw new Error(`${script}\nended with ${run.code}: ${run.stderr}`);
    return run;
  }

  /** Runs a script as a step with `run:`, whatever it ends with. */
  step(cwd: string, script: string, env: Readonly<Record<string, string>>): Promise<StepRun> {
    return execute(cwd, script, { ...this.#base(), ...this.#env, ...env });
  }

  remove(): void {
    rmSync(this.#place, { recursive: true, force: true });
  }

  /** Puts a command first in the path of every job. */
  command(name: string, text: string): void {
    writeFileSync(join(this.#bin, name), text);
    chmodSync(join(this.#bin, name), 0o755);
  }

  #base(): Record<string, string> {
    return {
      PATH: `${this.#bin}:${process.env.PATH}`,
      HOME: this.#place,
      HUB: this.hub,
      GIT_CONFIG_NOSYSTEM: '1',
      GITHUB_REPOSITORY: 'acme/migration',
      GITHUB_RUN_ID: '11',
      PULL_REQUEST: '7',
    };
  }
}

export class WorkflowJob {
  readonly folder: string;
  readonly #runner: WorkflowRunner;

  constructor(runner: WorkflowRunner, folder: string) {
    this.#runner = runner;
    this.folder = folder;
  }

  /** Runs steps of an example workflow by name, in order, until one fails; answers the last that ran. */
  async run(workflow: 'plan' | 'apply' | 'drift', names: readonly string[]): Promise<StepRun> {
    const text = readFileSync(`${ROOT}examples/github/bt-migrate-${workflow}.yml`, 'utf8');
    const { jobs } = parse(text) as { jobs: Record<string, { steps: { name?: string; run?: string }[] }> };
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    let last: StepRun = { code: 0, stdout: '', stderr: '' };
    for (const name of names) {
      const script = steps.find((step) => step.name === name)?.run;
      if (script === undefined) throw new Error(`${workflow} has no step ${JSON.stringify(name)} that runs something`);
      last = await this.#runner.step(this.folder, script, { GITHUB_SHA: await this.head() });
      if (last.code !== 0) return last;
    }
    return last;
  }

  async head(): Promise<string> {
    return (await this.#runner.shell(this.folder, 'git rev-parse HEAD')).stdout.trim();
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  has(name: string): boolean {
    return existsSync(join(this.folder, name));
  }

  /** What the step that uploads an artifact would keep. */
  keep(name: string): void {
    cpSync(join(this.folder, name), join(this.#runner.hub, name));
  }
}

function execute(cwd: string, script: string, env: Record<string, string>): Promise<StepRun> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', script], { cwd, env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
