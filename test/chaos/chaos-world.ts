import { randomUUID } from 'node:crypto';
import type { EmulatorClient, Shown } from '../support/emulator-client.ts';
import { type Chance, RandomOrg } from '../support/random-org.ts';

const BATCH = 200;

/** Fills the source with objects that refer to one another, and with rows in every container. */
export async function fillWorld(source: EmulatorClient, chance: Chance): Promise<void> {
  await new RandomOrg(source, chance).fill();
  const prompts = await source.list('/v1/prompt');
  for (const project of await source.list('/v1/project')) {
    await insert(source, chance, prompts, 300 + chance.below(1500), { project_id: project.id, log_id: 'g' });
  }
  for (const dataset of await source.list('/v1/dataset')) {
    await insert(source, chance, [], chance.below(300), { dataset_id: dataset.id });
  }
  for (const experiment of await source.list('/v1/experiment')) {
    await insert(source, chance, prompts, chance.below(300), { experiment_id: experiment.id });
  }
}

async function insert(
  client: EmulatorClient,
  chance: Chance,
  prompts: readonly Shown[],
  count: number,
  container: Record<string, string>,
): Promise<void> {
  for (let done = 0; done < count; done += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, count - done) }, (_, index) => {
      const prompt = chance.below(10) === 0 ? chance.pick(prompts) : undefined;
      return {
        ...container,
        id: `row-${done + index}-${chance.below(1 << 30)}`,
        span_id: randomUUID(),
        root_span_id: randomUUID(),
        input: { question: `Where is order ${done + index}?`, text: 'a'.repeat(chance.below(2000)) },
        ...('dataset_id' in container
          ? {}
          : { output: '😀 \ud800 "quoted"\\', metrics: { tokens: chance.below(1e6) } }),
        metadata: {
          model: 'gpt-5',
          ...(prompt === undefined ? {} : { prompt: { id: prompt.id, project_id: prompt.project_id, version: '1' } }),
        },
      };
    });
    await client.object('POST', '/logs3', { rows, api_version: 2 });
  }
}
