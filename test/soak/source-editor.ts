import { randomUUID } from 'node:crypto';
import type { EmulatorClient } from '../support/emulator-client.ts';
import type { Chance } from '../support/random-org.ts';

/** Ids of rows that the source shows late hold this. */
export const LATE = 'late';

/** How many objects of a kind there are: below the first number none is deleted, at the second none is made. */
const BOUNDS = {
  project: [2, 4],
  dataset: [3, 9],
  experiment: [3, 9],
  prompt: [4, 14],
  function: [3, 6],
  project_tag: [3, 9],
} as const;
const KINDS = Object.keys(BOUNDS) as Kind[];
/** Rows of a container that are edited again; older ones are left alone. */
const EDITED_ROWS = 400;

type Kind = keyof typeof BOUNDS;
type RowKind = 'project' | 'dataset' | 'experiment';

interface Living {
  readonly kind: Kind;
  readonly id: string;
  /** Id of its project; its own when it is one. */
  readonly project: string;
  /** Rows written into it so far. */
  rows: number;
}

/** Edits a source organization for as long as it is asked to, one seeded step at a time, and keeps its number of objects bounded. */
export class SourceEditor {
  readonly counts = { created: 0, changed: 0, renamed: 0, deleted: 0, rowsAdded: 0, rowsEdited: 0, rowsLate: 0 };
  readonly #client: EmulatorClient;
  readonly #chance: Chance;
  #living: Living[] = [];
  #names = 0;

  constructor(client: EmulatorClient, chance: Chance) {
    this.#client = client;
    this.#chance = chance;
  }

  /** As many objects of every kind as there are at least. */
  async begin(): Promise<void> {
    for (const kind of KINDS) for (let count = 0; count < BOUNDS[kind][0]; count += 1) await this.#create(kind);
    for (let step = 0; step < 60; step += 1) await this.editRows();
  }

  /** Creates, changes, renames or deletes one object. */
  async editObject(): Promise<void> {
    const kind = this.#pick(KINDS);
    const all = this.#living.filter((object) => object.kind === kind);
    const [least, most] = BOUNDS[kind];
    const what = this.#pick(['create', 'change', 'change', 'rename', 'delete'] as const);
    if (what === 'create' && all.length < most) return this.#create(kind);
    const object = this.#pick(all);
    // Prompts refer to functions, and what is referred to stays; no apply deletes a project, so it would differ for good.
    const stays = kind === 'function' || kind === 'project';
    if (what === 'delete' && all.length > least && !stays) return this.#delete(object);
    if (what === 'rename' && kind !== 'function') {
      await this.#patch(object, kind === 'prompt' ? { slug: this.#name(kind) } : { name: this.#name(kind) });
      this.counts.renamed += 1;
      return;
    }
    await this.#patch(object, { description: `Edited for the ${this.counts.changed}. time` });
    this.counts.changed += 1;
  }

  /** Adds rows to one container, or writes some of its newest rows anew. */
  async editRows(): Promise<void> {
    const container = this.#pick(
      this.#living.filter(({ kind }) => ['project', 'dataset', 'experiment'].includes(kind)),
    );
    const edits = container.rows > 0 && this.#chance.below(3) === 0;
    const count = 1 + this.#chance.below(edits ? 3 : 8);
    const numbers = Array.from({ length: count }, (_, index) =>
      edits ? container.rows - 1 - this.#chance.below(Math.min(container.rows, EDITED_ROWS)) : container.rows + index,
    );
    const rows = [...new Set(numbers)].map((number) => this.#row(container, number));
    await this.#client.object('POST', '/logs3', { rows, api_version: 2 });
    if (edits) this.counts.rowsEdited += rows.length;
    else {
      container.rows += rows.length;
      this.counts.rowsAdded += rows.length;
      this.counts.rowsLate += rows.filter(({ id }) => id.includes(LATE)).length;
    }
  }

  #row({ kind, id }: Living, number: number) {
    return {
      ...containerKeys(kind as RowKind, id),
      id: `row-${number}${number % 17 === 0 ? `-${LATE}` : ''}`,
      span_id: randomUUID(),
      root_span_id: randomUUID(),
      input: { question: `Where is order ${number}?`, text: 'a'.repeat(this.#chance.below(2000)) },
      ...(kind === 'dataset' ? {} : { output: `answer ${this.#chance.below(1e6)}` }),
      metadata: { model: 'gpt-5', edit: this.counts.rowsEdited },
    };
  }

  async #create(kind: Kind): Promise<void> {
    const name = this.#name(kind);
    const home =
      kind === 'project' ? undefined : this.#pick(this.#living.filter((object) => object.kind === 'project'));
    const tools = this.#living.filter((object) => object.kind === 'function' && object.project === home?.id);
    const made = await this.#client.object('POST', `/v1/${kind}`, {
      name,
      ...(home === undefined ? {} : { project_id: home.id }),
      ...(kind === 'project_tag' ? { color: '#D9480F' } : {}),
      ...(kind === 'function' ? { slug: name, function_type: 'tool', function_data: { type: 'prompt' } } : {}),
      ...(kind === 'function' || kind === 'prompt' ? { prompt_data: { options: { model: 'gpt-5' } } } : {}),
      ...(kind === 'prompt'
        ? {
            slug: name,
            prompt_data: {
              options: { model: 'gpt-5' },
              tool_functions: this.#chance.some(tools, 2).map(({ id }) => ({ type: 'function', id })),
            },
          }
        : {}),
    });
    this.#living.push({ kind, id: made.id, project: home?.id ?? made.id, rows: 0 });
    this.counts.created += 1;
  }

  async #delete(object: Living): Promise<void> {
    await this.#client.object('DELETE', `/v1/${object.kind}/${object.id}`);
    this.#living = this.#living.filter(({ id }) => id !== object.id);
    this.counts.deleted += 1;
  }

  async #patch({ kind, id }: Living, fields: Record<string, string>): Promise<void> {
    await this.#client.object('PATCH', `/v1/${kind}/${id}`, fields);
  }

  #name(kind: Kind): string {
    this.#names += 1;
    return `${kind}-${this.#names}`;
  }

  #pick<T>(items: readonly T[]): T {
    const picked = this.#chance.pick(items);
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }
}

function containerKeys(kind: RowKind, id: string): Record<string, string> {
  if (kind === 'project') return { project_id: id, log_id: 'g' };
  return kind === 'dataset' ? { dataset_id: id } : { experiment_id: id };
}
