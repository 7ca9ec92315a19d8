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
  "label create bt-migrate-drift --force") touch "$HUB/label" ;;
  "issue list --label bt-migrate-drift --state open --limit 1 --json number --jq .[0].number") test -e "$HUB/issue.md" && echo 31 || echo ;;
  "issue create --title bt-migrate: "*" --label bt-migrate-drift --body-file issue.md") test -e "$HUB/label"; test ! -e "$HUB/issue.md"; mv issue.md "$HUB/issue.md"; echo issue >> "$HUB/told" ;;
  "issue comment 31 --body-file issue.md") cp issue.md "$HUB/issue-comment.md"; echo comment >> "$HUB/told" ;;
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

export interface JobRun extends StepRun {
  /** What ran, by the name of the step; the job itself ended as its first step that failed, else as its last. */
  readonly steps: Readonly<Record<string, StepRun>>;
}

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly if?: string;
}

interface Workflow {
  readonly defaults?: { readonly run: { readonly shell: string } };
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
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

  /** Commits a spec to a branch of the remote, making the repository first. */
  async commitSpec(branch: string, yaml: string): Promise<void> {
    const place = join(this.hub, `work-${branch.replaceAll('/', '-')}`);
    const author = '-c user.name=Ann -c user.email=ann@acme.example';
    await this.shell(
      this.hub,
      `if [ -e "${this.remote}" ]; then git clone --quiet --branch main "file://${this.remote}" "${place}"
       else git init --quiet --bare --initial-branch=main "${this.remote}"; git init --quiet --initial-branch=main "${place}"; git -C "${place}" remote add origin "file://${this.remote}"; fi`,
    );
    writeFileSync(join(place, 'migration.yaml'), yaml);
    await this.shell(
      place,
      `git checkout --quiet -B ${branch} && git add migration.yaml && git ${author} commit --quiet -m "Change what is migrated" && git push --quiet origin ${branch}`,
    );
  }

  async shell(cwd: string, script: string, env: Readonly<Record<string, string>> = {}): Promise<StepRun> {
    const run = await execute(cwd, script, { ...this.#base(), ...env });
    if (run.code !== 0) throw new Error(`${script}\nended with ${run.code}: ${run.stderr}`);
    return run;
  }

  /** Runs a script as a step with `run:`, whatever it ends with. */
  step(cwd: string, script: string, env: Readonly<Record<string, string>>, pipefail = true): Promise<StepRun> {
    return execute(cwd, script, { ...this.#base(), ...this.#env, ...env }, pipefail);
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
      GITHUB_SERVER_URL: 'https://github.example',
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

  /** Runs steps of an example workflow by name, in order; after one has failed only those whose `if` asks for that. */
  async run(workflow: 'plan' | 'apply' | 'drift', names: readonly string[]): Promise<JobRun> {
    const text = readFileSync(`${ROOT}examples/github/bt-migrate-${workflow}.yml`, 'utf8');
    const { jobs, defaults } = parse(text) as Workflow;
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    const runs: Record<string, StepRun> = {};
    let failed: StepRun | undefined;
    let last: StepRun = { code: 0, stdout: '', stderr: '' };
    for (const name of names) {
      const step = steps.find((one) => one.name === name);
      if (step?.run === undefined)
        throw new Error(`${workflow} has no step ${JSON.stringify(name)} that runs something`);
      if (!this.#isDue(step, failed !== undefined)) continue;
      // Without a shell that is named, GitHub's is bash that overlooks failures inside of a pipe.
      const pipefail = defaults?.run.shell === 'bash';
      const env = { GITHUB_ACTIONS: 'true', GITHUB_SHA: await this.head() };
      last = await this.#runner.step(this.folder, step.run, env, pipefail);
      runs[name] = last;
      if (last.code !== 0) failed ??= last;
    }
    return { ...(failed ?? last), steps: runs };
  }

  /** The conditions of steps that the workflows have; any other is an error here, so that it is not taken for true. */
  #isDue({ name, if: condition }: Step, hasFailed: boolean): boolean {
    switch (condition) {
      case undefined:
        return !hasFailed;
      case 'always()':
        return true;
      case "failure() && hashFiles('drift.txt') != ''":
        return hasFailed && this.has('drift.txt');
      default:
        throw new Error(`the step ${JSON.stringify(name)} has a condition that is not known here: ${condition}`);
    }
  }

  /** Applies without a plan that was reviewed, as a person at a terminal may. */
  async applyByHand(): Promise<void> {
    const run = await this.#runner.step(this.folder, 'bt-migrate apply --auto-approve', {});
    if (run.code !== 0) throw new Error(`apply ended with ${run.code}: ${run.stderr}`);
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

function execute(cwd: string, script: string, env: Record<string, string>, pipefail = true): Promise<StepRun> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-e', ...(pipefail ? ['-o', 'pipefail'] : []), '-c', script], { cwd, env });
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
