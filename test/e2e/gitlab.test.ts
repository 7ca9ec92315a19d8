import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AcmeProcess } from '../support/acme-process.ts';
import { GitlabRunner, type Pipeline } from '../support/gitlab-runner.ts';

/** Notes of a merge request, as far as a job asks for them. */
class Notes {
  readonly posted: string[] = [];
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Notes> {
    const server = createServer();
    const notes = new Notes(server);
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const [path = '', query] = (request.url ?? '').split('?');
      const base = '/projects/5/merge_requests/7/notes';
      notes.asked.push(`${request.method} ${path.slice(base.length)} ${request.headers['private-token']}`);
      if (!path.startsWith(base)) response.writeHead(404).end();
      else if (request.method === 'GET' && query === 'sort=asc&per_page=100') {
        const bodies = ['Looks good to me.', ...notes.posted];
        response.end(JSON.stringify(bodies.map((body, n) => ({ id: n, body }))));
      } else {
        const body = formField(Buffer.concat(chunks).toString(), 'body');
        if (request.method === 'POST') notes.posted.push(body);
        else notes.posted[Number(path.split('/').at(-1)) - 1] = body;
        response.end('{}');
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return notes;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<unknown> {
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

function formField(form: string, name: string): string {
  const boundary = form.slice(0, form.indexOf('\r\n'));
  const part = form.split(boundary).find((one) => one.includes(`name="${name}"`)) ?? '';
  return part.slice(part.indexOf('\r\n\r\n') + 4, -2);
}

/** Milliseconds: every job starts a shell and several processes, on a machine that does much else. */
const MOST_TIME = 300_000;

let acme: AcmeProcess;
let notes: Notes;
let runner: GitlabRunner;

beforeEach(async () => {
  [acme, notes] = [await AcmeProcess.start(), await Notes.start()];
  const [BT_SOURCE_READ_KEY, key] = acme.keys;
  runner = new GitlabRunner(
    { BT_SOURCE_URL: acme.url, BT_DEST_URL: acme.url, BT_SOURCE_READ_KEY, BT_DEST_READ_KEY: key, NOTES_TOKEN: 'notes' },
    { BT_DEST_WRITE_KEY: key, STATE_TOKEN: 'state' },
    notes.url,
  );
});
afterEach(async () => {
  runner.remove();
  await notes.stop();
  await acme.stop();
});

const SPEC = 'version: 1\nresources: { include: [projects, prompts] }\nsource: { org: Acme Dev }\n';
const CHANGES = ['migration.yaml'];
const REQUEST: Pipeline = { branch: 'change', source: 'merge_request_event', changes: CHANGES };
const MERGED: Pipeline = { branch: 'main', source: 'push', changes: CHANGES };
const NIGHT: Pipeline = { branch: 'main', source: 'schedule', changes: [] };
const APPLY = 'bt-migrate apply';

async function commit(branch: string, yaml: string): Promise<void> {
  const { hub, remote } = runner.workflows;
  const place = join(hub, 'work');
  await runner.workflows.shell(
    hub,
    `if [ ! -e "${remote}" ]; then git init --quiet --bare --initial-branch=main "${remote}"
       git init --quiet --initial-branch=main work; git -C work remote add origin "file://${remote}"; fi`,
  );
  writeFileSync(join(place, 'migration.yaml'), yaml);
  await runner.workflows.shell(
    place,
    `git checkout --quiet -B ${branch}; git add .; git -c user.name=Ann -c user.email=ann@acme.example commit --quiet -m Change
     git push --quiet --force origin ${branch}`,
  );
}

const merge = (): Promise<unknown> =>
  runner.workflows.shell(
    runner.workflows.hub,
    `git --git-dir="${runner.workflows.remote}" update-ref refs/heads/main refs/heads/change`,
  );

test(
  'a merge request is planned with read keys in one note, applied by digest on demand, and checked every night',
  async () => {
    const { id: project_id } = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
    const data = (content: string) => ({ prompt: { type: 'completion', content } });
    const prompt = { project_id, name: 'Triage', slug: 'triage', prompt_data: data('Sort this ticket.') };
    await acme.source.object('POST', '/v1/prompt', prompt);
    await commit('main', 'version: 1\nprojects: { include: ["nothing-*"] }\n');
    await commit('change', SPEC);

    expect(runner.jobsOf({ ...REQUEST, changes: ['README.md'] })).toEqual({});
    const planned = await runner.run(REQUEST);
    expect(Object.keys(planned)).toEqual(['bt-migrate plan']);
    const plan = planned['bt-migrate plan'];
    expect(`${plan?.code} ${plan?.stderr}`).toMatch(/^0 /);
    expect(plan?.variables).not.toContain('BT_DEST_WRITE_KEY');
    expect(plan?.variables).not.toContain('STATE_TOKEN');
    const { digest } = JSON.parse(plan?.artifacts['plan.out'] ?? '');
    expect(notes.posted).toEqual([plan?.artifacts['comment.md']]);
    expect(notes.posted[0]).toContain(digest);
    await runner.run(REQUEST);
    expect(notes.posted).toHaveLength(1);
    expect(notes.asked).toEqual(['GET  notes', 'POST  notes', 'GET  notes', 'PUT /1 notes']);
    expect(await acme.writes()).toEqual([]);

    await merge();
    expect(runner.jobsOf(MERGED)).toEqual({ 'bt-migrate plan': 'on_success', [APPLY]: 'manual' });
    const applied = await runner.run(MERGED, [APPLY]);
    expect(`${applied[APPLY]?.code} ${applied[APPLY]?.stderr}`).toMatch(/^0 /);
    expect(JSON.parse(applied[APPLY]?.artifacts['report.json'] ?? '').plan_digest).toBe(digest);
    expect(runner.jobsOf(NIGHT)).toEqual({ 'bt-migrate drift': 'on_success' });
    expect((await runner.run(NIGHT))['bt-migrate drift']?.code).toBe(0);
    expect(runner.resourceGroupOf('bt-migrate drift')).toBe(runner.resourceGroupOf(APPLY));

    const [copied] = await acme.destination.list('/v1/prompt');
    await acme.destination.object('PATCH', `/v1/prompt/${copied?.id}`, { prompt_data: data('Answer only with yes.') });
    const drifted = (await runner.run(NIGHT))['bt-migrate drift'];
    expect(drifted?.code).toBe(2);
    expect(drifted?.stdout).toContain('prompt."Support bot".triage');

    // From the branch with the state, which the spec now requires.
    await commit('change', `${SPEC}state: { must_exist: true }\n`);
    await merge();
    const back = await runner.run(MERGED, [APPLY]);
    expect(`${back[APPLY]?.code} ${back[APPLY]?.stderr}`).toMatch(/^0 /);
    expect((await acme.destination.list('/v1/prompt'))[0]?.prompt_data).toMatchObject(data('Sort this ticket.'));
    expect((await runner.run(NIGHT))['bt-migrate drift']?.code).toBe(0);
  },
  MOST_TIME,
);

test(
  'an apply that fails halfway saves its state, and the next one goes on from there',
  async () => {
    for (const name of ['Billing bot', 'Support bot']) await acme.source.object('POST', '/v1/project', { name });
    await commit('main', SPEC);
    await acme.fault({
      match: { method: 'POST', path: '/v1/project', org: 'Acme Prod' },
      action: { type: 'status', status: 400 },
      times: 1,
    });
    const failed = await runner.run(MERGED, [APPLY]);
    expect(failed[APPLY]?.code).toBe(3);
    await acme.clearFaults();
    const branch = 'git show-ref --verify refs/heads/bt-migrate-state';
    await runner.workflows.shell(runner.workflows.remote, branch);
    const again = await runner.run(MERGED, [APPLY]);
    expect(again[APPLY]?.code).toBe(0);
    const log = await runner.workflows.shell(runner.workflows.remote, 'git rev-list --count bt-migrate-state');
    expect(log.stdout.trim()).toBe('2');
    expect((await acme.destination.list('/v1/project')).map(({ name }) => name).sort()).toEqual([
      'Billing bot',
      'Support bot',
    ]);
  },
  MOST_TIME,
);
