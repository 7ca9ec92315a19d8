import * as z from 'zod';
import {
  defineProvider,
  PROJECT_OWNED,
  PROMPT_TABLE,
  promptReferences,
  SERVER_FIELDS,
  slugReferences,
} from '../define-provider.ts';
import { json, optionalText, reference, text } from '../fields.ts';

/** Tools, scorers, tasks, facets… They share one versioned table with prompts (fact sheet 2.3, 3.1 and 7). */
export const functionKind = defineProvider({
  kind: 'function',
  path: '/v1/function',
  owner: PROJECT_OWNED,
  fields: z.object({
    project_id: reference,
    name: text,
    slug: text,
    description: optionalText,
    prompt_data: json,
    function_data: json,
    tags: json,
    function_type: optionalText,
    origin: json,
    function_schema: json,
  }),
  key: ['slug'],
  ignored: { ...SERVER_FIELDS, _xact_id: 'version', log_id: 'table name', metadata: 'not accepted by create' },
  list: { byProject: true, also: ['/v1/prompt'] },
  versioned: true,
  sharesTableWith: 'prompt',
  keep: (row) => !isPlainPrompt(row),
  sets: ['tags'],
  noise: ['function_data.data.code_hash'],
  unportable: [
    { path: 'function_data.parameters_version', reason: 'pin_dropped' },
    ...['function_data', 'function_data.topic_maps.*[].topic_map_data'].flatMap(learnedBlobs),
  ],
  references: [
    { path: 'project_id', to: 'project', breakAt: 'never' },
    ...promptReferences('prompt_data'),
    { path: 'origin.object_id', to: { kindFrom: 'origin.object_type' }, missing: 'drop', breakAt: 'origin' },
    {
      path: 'function_data.nodes.*.function.function_id',
      to: PROMPT_TABLE,
      version: 'version',
      oldVersion: 'block',
      breakAt: 'never',
    },
    {
      path: 'function_data.nodes.*.function.id',
      to: PROMPT_TABLE,
      version: 'version',
      oldVersion: 'block',
      breakAt: 'never',
    },
    ...slugReferences('function_data.nodes.*.function', 'never'),
    // A playground: no API lists them (fact sheet 2.4).
    { path: 'function_data.nodes.*.function.prompt_session_id', to: [], breakAt: 'never' },
    ...promptReferences('function_data.nodes.*.function.inline_prompt'),
    { path: 'function_data.preprocessor.id', to: PROMPT_TABLE, version: 'version', oldVersion: 'block' },
    ...slugReferences('function_data.preprocessor', 'function_data.preprocessor'),
    { path: 'function_data.topic_maps.*[].topic_map_id', to: PROMPT_TABLE },
  ],
  blocked: [{ when: { path: 'function_data.data.type', equals: 'bundle' }, reason: 'code_bundle_not_migratable' }],
  writes: { silentPost: true, put: true, putOnly: ['function_type', 'origin', 'function_schema'], immutable: ['slug'] },
});

// What a topic map has learned lies in the bucket of its organization (fact sheet 7).
function learnedBlobs(map: string): { readonly path: string; readonly reason: 'server_owned' }[] {
  return ['bundle_key', 'report_key'].map((key) => ({ path: `${map}.${key}`, reason: 'server_owned' }));
}

function isPlainPrompt(row: Readonly<Record<string, unknown>>): boolean {
  const data = row.function_data as { readonly type?: unknown } | null | undefined;
  const isPrompt = data === null || data === undefined || data.type === 'prompt';
  const type = row.function_type;
  return isPrompt && (type === null || type === undefined || type === 'prompt');
}
