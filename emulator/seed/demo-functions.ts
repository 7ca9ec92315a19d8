import { seedOddFunctions } from './demo-odd-functions.ts';
import type { SharedParts } from './demo-shared.ts';
import type { LocalClient } from './local-client.ts';

/** Ids that later parts of the demo point at. */
export interface FunctionParts {
  readonly triage: string;
  readonly politeness: string;
  readonly refundPolicy: string;
  /** A code bundle: its bytes cannot be read back. */
  readonly resolutionCheck: string;
  readonly stripPii: string;
  readonly sentiment: string;
  readonly topics: string;
  readonly settings: string;
}

const NODE = { runtime: 'node', version: '20' };

/** Prompts and functions of every sort; `triage` and `escalate` use each other. */
export async function seedFunctions(client: LocalClient, shared: SharedParts): Promise<FunctionParts> {
  const { supportBot: project_id } = shared;
  const lookup = await seedLookupTool(client, shared.sharedTools);
  const escalate = await client.post('/v1/function', {
    project_id,
    name: 'Escalate',
    slug: 'escalate',
    description: 'Hands a conversation to a person',
    function_type: 'tool',
    function_data: { type: 'prompt' },
    prompt_data: chat('Summarise the conversation for a colleague in three sentences.', '{{conversation}}'),
    function_schema: { parameters: { type: 'object', properties: { conversation: { type: 'string' } } } },
  });
  const triage = await client.post('/v1/prompt', {
    project_id,
    name: 'Triage',
    slug: 'triage',
    description: 'Decides what a customer wants',
    tags: ['core'],
    prompt_data: {
      ...chat('Sort the message into refund, bug or praise. Use the tools.', '{{message}}'),
      tool_functions: [
        { type: 'function', id: lookup },
        { type: 'function', id: escalate.id },
      ],
      mcp: { [shared.ticketDesk]: { type: 'id', id: shared.ticketDesk } },
    },
  });
  await client.patch(`/v1/function/${escalate.id}`, {
    prompt_data: { tool_functions: [{ type: 'function', id: triage.id }] },
  });
  await seedAnswerPrompt(client, project_id, triage.id, String(triage._xact_id));
  // Nothing pins this one, so that editing it is one change.
  await client.post('/v1/prompt', {
    project_id,
    name: 'Handover',
    slug: 'handover',
    description: 'Prepares a colleague to take over',
    prompt_data: chat('Summarise the conversation for the colleague who takes over.', '{{conversation}}'),
  });
  const scorers = await seedScorers(client, project_id);
  const observers = await seedObservers(client, project_id);
  await seedOddFunctions(client, project_id, triage.id, scorers.politeness);
  return { triage: triage.id, ...scorers, ...observers };
}

async function seedLookupTool(client: LocalClient, project_id: string): Promise<string> {
  const lookup = await client.post('/v1/function', {
    project_id,
    name: 'Look up order',
    slug: 'lookup-order',
    function_type: 'tool',
    function_data: {
      type: 'code',
      data: {
        type: 'inline',
        runtime_context: NODE,
        code: 'async function handler({ order }) {\n  return { order, state: "shipped" };\n}\n',
      },
    },
    function_schema: {
      parameters: { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] },
      returns: { type: 'object' },
    },
  });
  await client.post('/v1/env_var', {
    object_type: 'function',
    object_id: lookup.id,
    name: 'ORDER_API_URL',
    value: 'https://orders.acme.example/v2',
  });
  return lookup.id;
}

/** Three versions: staging uses the newest, production still the second. */
async function seedAnswerPrompt(
  client: LocalClient,
  project_id: string,
  triage: string,
  version: string,
): Promise<void> {
  const answer = {
    project_id,
    name: 'Answer',
    slug: 'answer',
    description: 'Writes the reply to the customer',
    tags: ['core', 'customer-facing'],
  };
  const origin = { prompt_id: triage, project_id, prompt_version: version };
  await client.post('/v1/prompt', { ...answer, prompt_data: { ...chat('Answer briefly.', '{{message}}'), origin } });
  const second = await client.put('/v1/prompt', {
    ...answer,
    prompt_data: { ...chat('Answer briefly and kindly.', '{{message}}'), origin },
  });
  const newest = await client.put('/v1/prompt', {
    ...answer,
    prompt_data: {
      ...chat('Answer briefly and kindly. Never promise a date.\nSign as "Acme support".', '{{message}}'),
      origin,
    },
  });
  await client.put(`/environment-object/prompt/${second.id}/production`, { object_version: second._xact_id });
  await client.put(`/environment-object/prompt/${newest.id}/staging`, { object_version: newest._xact_id });
}

async function seedScorers(client: LocalClient, project_id: string) {
  const politeness = await client.post('/v1/function', {
    project_id,
    name: 'Politeness',
    slug: 'politeness',
    function_type: 'scorer',
    function_data: { type: 'prompt' },
    prompt_data: {
      ...chat('Is this reply polite? Choose yes or no.', '{{output}}'),
      parser: { type: 'llm_classifier', use_cot: true, choice_scores: { yes: 1, no: 0 } },
    },
  });
  const refundPolicy = await client.post('/v1/function', {
    project_id,
    name: 'Refund policy',
    slug: 'refund-policy',
    function_type: 'scorer',
    function_data: {
      type: 'code',
      data: {
        type: 'inline',
        runtime_context: { runtime: 'python', version: '3.12' },
        code: 'def handler(input, output, expected, metadata):\n    return 0 if "guarantee" in str(output) else 1\n',
      },
    },
  });
  const code = (await client.post('/function/code', { org_id: null, runtime_context: NODE })) as unknown as {
    bundleId: string;
    url: string;
  };
  const { pathname, search } = new URL(code.url);
  await client.call(
    'PUT',
    `${pathname}${search}`,
    Buffer.from('export const scorer = ({ output }) => (output ? 1 : 0);\n'),
  );
  const pushed = (await client.post('/insert-functions', {
    functions: [
      {
        project_id,
        name: 'Resolution check',
        slug: 'resolution-check',
        function_type: 'scorer',
        function_data: {
          type: 'code',
          data: {
            type: 'bundle',
            runtime_context: NODE,
            location: { type: 'function', index: 0 },
            bundle_id: code.bundleId,
            preview: 'export const scorer = ({ output }) => (output ? 1 : 0);\n',
          },
        },
        metadata: { repository: 'acme/support-bot' },
      },
    ],
  })) as unknown as { functions: { id: string }[] };
  const resolutionCheck = pushed.functions[0]?.id ?? '';
  return { politeness: politeness.id, refundPolicy: refundPolicy.id, resolutionCheck };
}

/** A preprocessor, a facet that uses it, a topic map over the facet, and parameters of an experiment. */
async function seedObservers(client: LocalClient, project_id: string) {
  const stripPii = await client.post('/v1/function', {
    project_id,
    name: 'Strip personal data',
    slug: 'strip-pii',
    function_type: 'preprocessor',
    function_data: {
      type: 'code',
      data: { type: 'inline', runtime_context: NODE, code: 'const handler = (span) => span;\n' },
    },
  });
  const sentiment = await client.post('/v1/function', {
    project_id,
    name: 'Sentiment',
    slug: 'sentiment',
    function_type: 'facet',
    function_data: {
      type: 'facet',
      prompt: 'How does the customer feel?',
      model: 'gpt-5-mini',
      preprocessor: { type: 'function', id: stripPii.id },
    },
  });
  const topics = await client.post('/v1/function', {
    project_id,
    name: 'Topics',
    slug: 'topics',
    function_type: 'classifier',
    function_data: { type: 'topic_map', source_facet: 'Sentiment', embedding_model: 'text-embedding-3-small' },
  });
  const settings = await client.post('/v1/function', {
    project_id,
    name: 'Bot settings',
    slug: 'bot-settings',
    function_type: 'parameters',
    function_data: {
      type: 'parameters',
      data: { tone: 'friendly', max_sentences: 4 },
      __schema: { type: 'object', properties: { tone: { type: 'string' }, max_sentences: { type: 'integer' } } },
    },
  });
  return { stripPii: stripPii.id, sentiment: sentiment.id, topics: topics.id, settings: settings.id };
}

function chat(system: string, user: string) {
  return {
    prompt: {
      type: 'chat',
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: user },
      ],
    },
    options: { model: 'gpt-5-mini', params: { temperature: 0 } },
    template_format: 'mustache',
  };
}
