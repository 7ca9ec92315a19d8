import type { EmulatorClient, Shown } from './emulator-client.ts';

/** A small seeded generator (xorshift32): the same seed gives the same org. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = (seed * 2_654_435_761) >>> 0 || 1;
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % limit;
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items.length === 0 ? undefined : items[this.below(items.length)];
  }

  some<T>(items: readonly T[], most: number): T[] {
    return this.shuffle(items).slice(0, this.below(most + 1));
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let index = shuffled.length - 1; index > 0; index -= 1) {
      const other = this.below(index + 1);
      [shuffled[index], shuffled[other]] = [shuffled[other] as T, shuffled[index] as T];
    }
    return shuffled;
  }
}

/** An object that can be edited alone, with the path of its PATCH. */
export interface Editable {
  readonly kind: string;
  readonly path: string;
  /** Segments of its address. */
  readonly address: readonly string[];
}

/** No e-mail addresses: a state keeps them only as digests, so it cannot tell the former name of what held one. */
const ODD = ['', ' 2', '.x', '"q"', '*', ' ü', '/..', '@', ' {{a}}', '#1', '\\', '\u{1F600}'];

/** Fills an org with objects that refer to one another at random, also in cycles and across projects. */
export class RandomOrg {
  readonly editable: Editable[] = [];
  private readonly client: EmulatorClient;
  private readonly chance: Chance;
  private readonly taken = new Set<string>();
  /** `kind name` of names that were given up since the org was filled. */
  private readonly freed = new Set<string>();
  private readonly functions: Shown[] = [];
  private readonly datasets: Shown[] = [];
  private readonly experiments: Shown[] = [];
  private readonly groups: Shown[] = [];
  private readonly roles: Shown[] = [];

  constructor(client: EmulatorClient, chance: Chance) {
    this.client = client;
    this.chance = chance;
  }

  async fill(): Promise<void> {
    for (let count = this.chance.below(4); count > 0; count -= 1) await this.group();
    for (let count = this.chance.below(4); count > 0; count -= 1) await this.role();
    for (let count = 1 + this.chance.below(3); count > 0; count -= 1) await this.project();
    await this.closeCycles();
  }

  /** Renames, deletes and adds; names that were given up are taken again now and then. */
  async mutate(): Promise<void> {
    for (const object of this.chance.some(this.editable, 5)) await this.rename(object);
    const unused = this.editable.filter(({ kind }) => kind === 'project_tag' || kind === 'project_score');
    for (const object of this.chance.some(unused, 2)) {
      await this.client.object('DELETE', object.path);
      this.editable.splice(this.editable.indexOf(object), 1);
    }
    await this.project();
    await this.closeCycles();
  }

  // A function keeps its slug; everything else is renamed.
  private async rename(object: Editable): Promise<void> {
    if (object.kind === 'function') return;
    const field = object.kind === 'prompt' ? 'slug' : 'name';
    const before = object.address.at(-1) ?? '';
    const freed = [...this.freed].find((name) => name.startsWith(`${object.kind} `))?.slice(object.kind.length + 1);
    const name = freed ?? this.name('renamed');
    await this.client.object('PATCH', object.path, { [field]: name });
    this.freed.delete(`${object.kind} ${name}`);
    this.freed.add(`${object.kind} ${before}`);
    this.editable.splice(this.editable.indexOf(object), 1);
  }

  private name(base: string): string {
    for (let number = 0; ; number += 1) {
      const name = `${base}${this.chance.pick(ODD)}${number > 3 ? number : ''}`;
      if (this.taken.has(name)) continue;
      this.taken.add(name);
      return name;
    }
  }

  private async make(
    kind: string,
    owner: readonly string[],
    body: Record<string, unknown>,
    key = String(body.name),
  ): Promise<Shown> {
    const made = await this.client.object('POST', `/v1/${kind}`, body);
    this.editable.push({ kind, path: `/v1/${kind}/${made.id}`, address: [...owner, key] });
    return made;
  }

  private async group(): Promise<void> {
    const member_groups = this.chance.some(this.groups, 2).map(({ id }) => id);
    this.groups.push(await this.make('group', [], { name: this.name('Team'), member_groups }));
  }

  private async role(): Promise<void> {
    const member_roles = this.chance.some(this.roles, 2).map(({ id }) => id);
    const member_permissions = this.chance
      .some(['read', 'update', 'delete', 'create'], 3)
      .map((permission) => ({ permission, restrict_object_type: this.chance.pick([null, 'dataset', 'prompt']) }));
    this.roles.push(await this.make('role', [], { name: this.name('Role'), member_roles, member_permissions }));
  }

  private async project(): Promise<void> {
    const name = this.name('Project');
    const { id } = await this.make('project', [], { name });
    const parts = [
      () => this.tag(id, name),
      () => this.dataset(id, name),
      () => this.functionOrPrompt(id, name),
      () => this.functionOrPrompt(id, name),
      () => this.experiment(id, name),
      () => this.experiment(id, name),
      () => this.score(id, name),
      () => this.grant(id),
    ];
    for (const part of this.chance.shuffle([...parts, ...parts]).slice(0, 4 + this.chance.below(9))) await part();
  }

  private async tag(project_id: string, project: string): Promise<void> {
    await this.make('project_tag', [project], { project_id, name: this.name('tag'), color: '#D9480F' });
  }

  private async dataset(project_id: string, project: string): Promise<void> {
    const metadata = this.chance.pick([null, {}, { owner: 'support' }, { deep: { list: [1, null, {}], $ref: 'x' } }]);
    this.datasets.push(await this.make('dataset', [project], { project_id, name: this.name('data'), metadata }));
  }

  private async functionOrPrompt(project_id: string, project: string): Promise<void> {
    const kind = this.chance.pick(['prompt', 'function']) ?? 'prompt';
    const slug = this.name('slug');
    const made = await this.make(
      kind,
      [project],
      {
        project_id,
        name: this.name('name'),
        slug,
        prompt_data: { options: { model: 'gpt-5' }, tool_functions: this.tools() },
        ...(kind === 'function' ? { function_type: 'tool', function_data: { type: 'prompt' } } : {}),
      },
      slug,
    );
    this.functions.push(made);
  }

  private tools(): unknown[] {
    return this.chance.some(this.functions, 2).map(({ id }) => ({ type: 'function', id }));
  }

  private async experiment(project_id: string, project: string): Promise<void> {
    const made = await this.make('experiment', [project], {
      project_id,
      name: this.name('run'),
      dataset_id: this.chance.pick([undefined, ...this.datasets])?.id ?? null,
      base_exp_id: this.chance.pick([undefined, ...this.experiments])?.id ?? null,
      tags: this.chance.some(['a', 'b', 'c'], 3),
    });
    this.experiments.push(made);
  }

  private async score(project_id: string, project: string): Promise<void> {
    const scorers = this.chance.some(this.functions, 2).map(({ id }) => ({ type: 'function', id }));
    const body = this.chance.pick([
      { score_type: 'slider' },
      { score_type: 'online', config: { online: { sampling_rate: 0.5, scorers } } },
      { score_type: 'categorical', categories: [{ name: 'yes', value: 1 }] },
    ]);
    await this.make('project_score', [project], { project_id, name: this.name('score'), ...body });
  }

  private async grant(project_id: string): Promise<void> {
    const group = this.chance.pick(this.groups);
    const role = this.chance.pick(this.roles);
    if (group === undefined) return;
    const what = role === undefined || this.chance.below(2) === 0 ? { permission: 'read' } : { role_id: role.id };
    const [object_type, object_id] = this.chance.pick([
      ['project', project_id] as const,
      ...this.datasets.map(({ id }) => ['dataset', id] as const),
      ...this.functions.map(({ id }) => ['prompt', id] as const),
    ]) ?? ['project', project_id];
    await this.client.object('POST', '/v1/acl', { object_type, object_id, group_id: group.id, ...what });
  }

  // Later edits refer to what did not exist before: forward references, self references, cycles.
  private async closeCycles(): Promise<void> {
    for (const { id } of this.chance.some(this.functions, 3))
      await this.client.object('PATCH', `/v1/function/${id}`, { prompt_data: { tool_functions: this.tools() } });
    for (const { id } of this.chance.some(this.experiments, 2)) {
      const base_exp_id = this.chance.pick(this.experiments)?.id;
      await this.client.object('PATCH', `/v1/experiment/${id}`, { base_exp_id });
    }
  }
}
