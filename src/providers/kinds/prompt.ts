import * as z from 'zod';
import { defineProvider, PROJECT_OWNED, promptReferences, SERVER_FIELDS } from '../define-provider.ts';
import { json, optionalText, reference, text } from '../fields.ts';

/** Prompts: the rows of the shared table that are nothing but a prompt (fact sheet 2.3). */
export const prompt = defineProvider({
  kind: 'prompt',
  path: '/v1/prompt',
  owner: PROJECT_OWNED,
  fields: z.object({
    project_id: reference,
    name: text,
    slug: text,
    description: optionalText,
    prompt_data: json,
    tags: json,
    function_type: optionalText,
  }),
  key: ['slug'],
  ignored: {
    ...SERVER_FIELDS,
    _xact_id: 'version',
    log_id: 'table name',
    metadata: 'not accepted by create',
    function_data: 'always {"type":"prompt"}',
    origin: 'not accepted by create',
    function_schema: 'not accepted by create',
  },
  list: { byProject: true, also: ['/v1/function'] },
  versioned: true,
  sharesTableWith: 'function',
  sets: ['tags'],
  references: [{ path: 'project_id', to: 'project', breakAt: 'never' }, ...promptReferences('prompt_data')],
  writes: { silentPost: true, put: true, putOnly: ['function_type'] },
});
