import { BtMigrateError } from '../../domain/errors.ts';

/** Where a demo edits, and as whom. */
export interface EditTarget {
  readonly url: string;
  readonly key: string;
}

interface Prompt {
  readonly id: string;
  readonly prompt_data: { readonly prompt: { readonly messages: readonly { readonly content: string }[] } };
}

export const EDITED_SLUG = 'handover';
export const GROWING_DATASET = 'Golden questions';

/** Adds a line to the first message of the demo's prompt, through the API as a person in the web interface would. */
export async function editPrompt({ url, key }: EditTarget, line: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const { objects } = (await call(`${url}/v1/prompt?slug=${EDITED_SLUG}`, { headers })) as { objects: Prompt[] };
  const [found] = objects;
  if (found === undefined) throw new BtMigrateError('BTM_FAILED', { detail: `The demo has lost its prompt.` });
  const { prompt } = found.prompt_data;
  const messages = prompt.messages.map((message, index) =>
    index === 0 ? { ...message, content: `${message.content}\n${line}` } : message,
  );
  const body = JSON.stringify({ prompt_data: { ...found.prompt_data, prompt: { ...prompt, messages } } });
  await call(`${url}/v1/prompt/${found.id}`, { method: 'PATCH', headers, body });
}

/** Adds rows to the demo's dataset, as an application would. */
export async function addQuestions({ url, key }: EditTarget, questions: readonly string[]): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const name = encodeURIComponent(GROWING_DATASET);
  const { objects } = (await call(`${url}/v1/dataset?dataset_name=${name}`, { headers })) as {
    objects: { id: string }[];
  };
  const [found] = objects;
  if (found === undefined) throw new BtMigrateError('BTM_FAILED', { detail: `The demo has lost its dataset.` });
  const body = JSON.stringify({ events: questions.map((message) => ({ input: { message } })) });
  await call(`${url}/v1/dataset/${found.id}/insert`, { method: 'POST', headers, body });
}

async function call(url: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  if (response.ok) return response.json();
  throw new BtMigrateError('BTM_FAILED', {
    detail: `The embedded server answered ${response.status} to ${url}: ${await response.text()}`,
  });
}
