import { randomUUID } from 'node:crypto';
import type { Dump } from '../../emulator/store/dump.ts';

/** What every project of the large org holds; with the project itself 500 objects. */
const PER_PROJECT = {
  prompt: 200,
  function: 100,
  dataset: 60,
  experiment: 80,
  project_tag: 40,
  project_score: 19,
} as const;

type Stored = Dump['objects'][string][number];
type Fields = Record<string, unknown>;

/** Adds projects of 500 objects each to the org of a dump: prompts with tools, experiments on datasets and base experiments. */
export function addLargeOrg(dump: Dump, orgName: string, objects: number): Dump {
  const tables: Record<string, Stored[]> = {};
  for (const [kind, stored] of Object.entries(dump.objects)) tables[kind] = [...stored];
  const org = tables.organization?.find(({ fields }) => fields.name === orgName);
  if (org === undefined) throw new Error(`the dump has no org ${orgName}`);
  let second = 0;
  const put = (table: string, ownerId: string, key: string, fields: Fields): string => {
    const id = randomUUID();
    second += 1;
    const created = new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
    const whole = { id, created, ...fields };
    const stored = {
      id,
      orgId: org.id,
      ownerId,
      created,
      uniqueKey: JSON.stringify([ownerId, key]),
      deleted: false,
      fields: whole,
      hidden: {},
    };
    tables[table] ??= [];
    tables[table].push(stored as unknown as Stored);
    return id;
  };
  for (let project = 0; project < Math.round(objects / 500); project += 1) {
    const name = `Team ${project}`;
    const projectId = put('project', org.id, name, {
      org_id: org.id,
      name,
      description: `Project of team ${project}`,
      settings: null,
    });
    const many = (count: number, make: (index: number) => string): string[] =>
      Array.from({ length: count }, (_, index) => make(index));
    const row = (slug: string, fields: Fields): string =>
      put('prompt', projectId, slug, {
        ...{
          _xact_id: String(1000196129554357515n + BigInt(second)),
          project_id: projectId,
          log_id: 'p',
          org_id: org.id,
          slug,
        },
        ...{ description: null, tags: null, metadata: null, origin: null, function_schema: null, ...fields },
      });
    const tools = many(PER_PROJECT.function, (index) =>
      row(`tool-${index}`, {
        ...{ name: `Tool ${index}`, function_type: 'tool', prompt_data: null },
        function_data: {
          type: 'code',
          data: { type: 'inline', runtime_context: { runtime: 'node', version: '20' }, code: `return ${index};` },
        },
      }),
    );
    many(PER_PROJECT.prompt, (index) =>
      row(`prompt-${index}`, {
        ...{ name: `Prompt ${index}`, function_type: null, function_data: { type: 'prompt' } },
        prompt_data: {
          prompt: {
            type: 'chat',
            messages: [
              { role: 'system', content: `Answer as team ${project} would. ${'Be kind and brief. '.repeat(20)}` },
            ],
          },
          options: { model: 'gpt-4o', params: { temperature: 0 } },
          tool_functions: [{ type: 'function', id: tools[index % tools.length] }],
        },
      }),
    );
    const datasets = many(PER_PROJECT.dataset, (index) => {
      const fields = {
        project_id: projectId,
        name: `Dataset ${index}`,
        description: null,
        tags: null,
        metadata: { index },
        url_slug: `dataset-${index}`,
      };
      return put('dataset', projectId, fields.name, fields);
    });
    let base: string | null = null;
    many(PER_PROJECT.experiment, (index) => {
      const fields = {
        project_id: projectId,
        name: `Experiment ${index}`,
        description: null,
        repo_info: {},
        base_exp_id: base,
        dataset_id: datasets[index % datasets.length],
        public: false,
        metadata: { index },
        tags: ['bench'],
      };
      base = put('experiment', projectId, fields.name, fields);
      return base;
    });
    many(PER_PROJECT.project_tag, (index) =>
      put('project_tag', projectId, `tag-${index}`, {
        project_id: projectId,
        name: `tag-${index}`,
        description: null,
        color: '#D9480F',
      }),
    );
    many(PER_PROJECT.project_score, (index) =>
      put('project_score', projectId, `Score ${index}`, {
        project_id: projectId,
        name: `Score ${index}`,
        description: null,
        score_type: 'slider',
        categories: null,
        config: null,
      }),
    );
  }
  return { ...dump, objects: tables };
}
