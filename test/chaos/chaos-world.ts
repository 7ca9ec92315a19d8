import { randomUUID } from 'node:crypto';
import type { EmulatorClient, Shown } from '../support/emulator-client.ts';
import { type Chance, RandomOrg } from '../support/random-org.ts';

const BATCH = 200;
const MOST_ATTACHMENTS = 6;
const MOST_ATTACHMENT_BYTES = 300_000;

/** Fills the source with objects that refer to one another, and with rows in every container. */
export async function fillWorld(source: EmulatorClient, chance: Chance): Promise<void> {
  await new RandomOrg(source, chance).fill();
  const prompts = await source.list('/v1/prompt');
  const attachments = await upload(source, chance);
  for (const project of await source.list('/v1/project')) {
    await insert(source, chance, { prompts, attachments }, 300 + chance.below(1500), {
      project_id: project.id,
      log_id: 'g',
    });
  }
  for (const dataset of await source.list('/v1/dataset')) {
    await insert(source, chance, { prompts: [], attachments }, chance.below(300), { dataset_id: dataset.id });
  }
  for (const experiment of await source.list('/v1/experiment')) {
    await insert(source, chance, { prompts, attachments }, chance.below(300), { experiment_id: experiment.id });
  }
}

/** What rows refer to. */
interface Referable {
  readonly prompts: readonly Shown[];
  readonly attachments: readonly object[];
}

/** Attachments of all sizes, as rows refer to them. */
async function upload(client: EmulatorClient, chance: Chance): Promise<readonly object[]> {
  const attachments: object[] = [];
  for (let number = 1 + chance.below(MOST_ATTACHMENTS); number > 0; number -= 1) {
    const reference = { key: `photo-${number}`, filename: 'photo.png', content_type: 'image/png' };
    const { signedUrl } = await client.object('POST', '/attachment', reference);
    const bytes = Buffer.alloc(1 + chance.below(MOST_ATTACHMENT_BYTES), `photo ${number} ${chance.below(1e6)}`);
    await fetch(String(signedUrl), { method: 'PUT', body: new Uint8Array(bytes) });
    await client.object('POST', '/attachment/status', { key: reference.key, status: { upload_status: 'done' } });
    attachments.push({ type: 'braintrust_attachment', ...reference });
  }
  return attachments;
}

async function insert(
  client: EmulatorClient,
  chance: Chance,
  { prompts, attachments }: Referable,
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
        input: {
          question: `Where is order ${done + index}?`,
          text: 'a'.repeat(chance.below(2000)),
          ...(chance.below(10) === 0 ? { photo: chance.pick(attachments) } : {}),
        },
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
