import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type StepRun, type WorkflowJob, WorkflowRunner } from './workflow-runner.ts';

const TEMPLATE = new URL('../../examples/gitlab/bt-migrate.gitlab-ci.yml', import.meta.url);

interface Rule {
  readonly if: string;
  readonly changes?: readonly string[];
  readonly when?: 'manual';
}

interface Job {
  readonly extends?: string;
  readonly needs?: readonly string[];
  readonly resource_group?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly before_script?: readonly string[];
  readonly script: readonly string[];
  readonly after_script?: readonly string[];
  readonly artifacts?: { readonly paths: readonly string[]; readonly when?: 'always' };
  readonly rules: readonly Rule[];
}

type Variables = Readonly<Record<string, string>>;

export interface Pipeline {
  readonly branch: string;
  readonly source: 'merge_request_event' | 'push' | 'schedule';
  readonly changes: readonly string[];
}

export interface JobRun extends StepRun {
  readonly name: string;
  /** What its artifacts hold, by path. */
  readonly artifacts: Readonly<Record<string, string>>;
  /** The names of the variables it could see, besides GitLab's own. */
  readonly variables: readonly string[];
}

/**
 * Runs the jobs of the example for GitLab as a runner does, as far as the example needs it: `extends`, `variables`, `rules`
 * (comparisons joined by &&, `changes`, `when: manual`), `before_script`, `script`, `after_script`, `needs`, `artifacts`.
 * Each job starts in an empty folder with a clone in it; only the remote and the artifacts of what it needs are shared.
 */
export class GitlabRunner {
  readonly workflows: WorkflowRunner;
  readonly #jobs: Readonly<Record<string, Job>>;
  readonly #variables: Variables;
  readonly #protected: Variables;
  readonly #api: string;

  /** `guarded` variables are protected: only jobs of the default branch see them. */
  constructor(variables: Variables, guarded: Variables, api: string) {
    this.workflows = new WorkflowRunner({});
    this.workflows.command('npm', '#!/bin/sh\n[ "$1 $2" = "install --global" ] || exit 64\n');
    this.#jobs = templateJobs();
    this.#variables = variables;
    this.#protected = { ...guarded, STATE_REMOTE: `file://${this.workflows.remote}` };
    this.#api = api;
  }

  /** Jobs that a pipeline has, with what starts them. */
  jobsOf(pipeline: Pipeline): Record<string, 'on_success' | 'manual'> {
    const variables = this.#predefined(pipeline);
    return Object.fromEntries(
      Object.entries(this.#jobs).flatMap(([name, { rules }]) => {
        const rule = rules.find((one) => applies(one, variables, pipeline.changes));
        return rule === undefined ? [] : [[name, rule.when ?? 'on_success'] as const];
      }),
    );
  }

  /** Runs what the pipeline starts by itself, and the manual jobs that somebody starts; stops where a job fails. */
  async run(pipeline: Pipeline, started: readonly string[] = []): Promise<Record<string, JobRun>> {
    const runs: Record<string, JobRun> = {};
    for (const [name, when] of Object.entries(this.jobsOf(pipeline))) {
      if (when === 'manual' && !started.includes(name)) continue;
      const run = await this.#runJob(name, pipeline, runs);
      runs[name] = run;
      if (run.code !== 0) break;
    }
    return runs;
  }

  resourceGroupOf(name: string): string | undefined {
    return this.#jobs[name]?.resource_group;
  }

  remove(): void {
    this.workflows.remove();
  }

  async #runJob(name: string, pipeline: Pipeline, earlier: Readonly<Record<string, JobRun>>): Promise<JobRun> {
    const job = this.#jobs[name] as Job;
    const place = await this.workflows.job(pipeline.branch);
    for (const needed of job.needs ?? []) unpack(earlier[needed]?.artifacts ?? {}, place);
    const given = { ...this.#variables, ...(pipeline.branch === 'main' ? this.#protected : {}) };
    const env = { ...this.#predefined(pipeline), ...given, ...expanded(job.variables ?? {}, given) };
    const main = await this.workflows.step(place.folder, lines(job.before_script, job.script), env);
    // In a shell of its own, whatever the script ended with; how it ends does not matter.
    const after = await this.workflows.step(place.folder, lines(job.after_script), env);
    const isKept = main.code === 0 || job.artifacts?.when === 'always';
    const paths = isKept ? (job.artifacts?.paths ?? []).filter((path) => place.has(path)) : [];
    return {
      ...main,
      stderr: main.stderr + after.stderr,
      name,
      artifacts: Object.fromEntries(paths.map((path) => [path, place.read(path)])),
      variables: Object.keys(given),
    };
  }

  #predefined({ branch, source }: Pipeline): Variables {
    return {
      CI_PIPELINE_SOURCE: source,
      CI_DEFAULT_BRANCH: 'main',
      CI_API_V4_URL: this.#api,
      CI_PROJECT_ID: '5',
      CI_PROJECT_PATH: 'acme/migration',
      CI_SERVER_HOST: 'gitlab.invalid',
      CI_JOB_ID: '11',
      ...(source === 'merge_request_event' ? { CI_MERGE_REQUEST_IID: '7' } : { CI_COMMIT_BRANCH: branch }),
    };
  }
}

function templateJobs(): Record<string, Job> {
  const all = parse(readFileSync(TEMPLATE, 'utf8')) as Record<string, Job>;
  return Object.fromEntries(
    Object.entries(all)
      .filter(([name]) => !name.startsWith('.'))
      .map(([name, job]) => {
        const base = job.extends === undefined ? undefined : all[job.extends];
        return [name, { ...base, ...job, variables: { ...base?.variables, ...job.variables } }];
      }),
  );
}

function applies({ if: condition, changes }: Rule, variables: Variables, changed: readonly string[]): boolean {
  const read = (term: string): string | undefined =>
    term.startsWith('$') ? variables[term.slice(1)] : JSON.parse(term);
  const holds = condition.split(' && ').every((comparison) => {
    const [left = '', right = ''] = comparison.split(' == ');
    return read(left) !== undefined && read(left) === read(right);
  });
  return holds && (changes === undefined || changes.some((path) => changed.includes(path)));
}

function expanded(variables: Variables, given: Variables): Variables {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      value.startsWith('$') ? (given[value.slice(1)] ?? '') : value,
    ]),
  );
}

function lines(...scripts: readonly (readonly string[] | undefined)[]): string {
  return scripts.flatMap((script) => script ?? []).join('\n');
}

function unpack(artifacts: Readonly<Record<string, string>>, { folder }: WorkflowJob): void {
  for (const [path, text] of Object.entries(artifacts)) writeFileSync(join(folder, path), text);
}
