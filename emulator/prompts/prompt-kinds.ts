import { type FieldRule, type KindDefinition, NAME, TEXT } from '../kinds/kind-definition.ts';
import { PROMPT_KEYS } from './prompt-table.ts';

/** The enumeration is not enforced: a recorded test stored `function_type: "prompt"` (fact sheet 2.3). */
const FUNCTION_TYPE: FieldRule = { type: 'text', on: 'create' };

const COMMON: Readonly<Record<string, FieldRule>> = {
  name: NAME,
  slug: NAME,
  description: TEXT,
  prompt_data: { type: 'object' },
  tags: { type: 'texts' },
  function_type: FUNCTION_TYPE,
  environment_slugs: { type: 'texts', on: 'create' },
};

/** Field rules and filters of the two faces of the versioned table; their verbs are in prompt-routes.ts. */
export const PROMPT: KindDefinition = {
  kind: 'prompt',
  path: '/v1/prompt',
  verbs: [],
  owner: 'project',
  fields: COMMON,
  shape: PROMPT_KEYS.filter((key) => key !== 'origin' && key !== 'function_schema'),
  uniqueBy: ['slug'],
  deletes: 'soft',
  filters: { prompt_name: 'name', slug: 'slug', function_type: 'function_type' },
  tolerated: ['org_name'],
};

export const FUNCTION: KindDefinition = {
  ...PROMPT,
  kind: 'function',
  path: '/v1/function',
  fields: {
    ...COMMON,
    slug: { type: 'name', required: true, on: 'create' },
    function_data: { type: 'object', required: true },
    origin: { type: 'object', on: 'create' },
    function_schema: { type: 'object', on: 'create' },
  },
  shape: PROMPT_KEYS,
  filters: { function_name: 'name', slug: 'slug', function_type: 'function_type' },
};
