import * as z from 'zod';
import { defineProvider, SERVER_FIELDS } from '../define-provider.ts';
import { optionalText, reference, text } from '../fields.ts';

/** Which version of a prompt, dataset or parameter set an environment uses; a hidden API (fact sheet 2.3). */
export const environmentObject = defineProvider({
  kind: 'environment_object',
  path: '/environment-object',
  owner: {
    in: 'object',
    typeField: 'object_type',
    idField: 'object_id',
  },
  fields: z.object({ object_type: text, object_id: reference, object_version: optionalText, environment_slug: text }),
  key: ['environment_slug'],
  ignored: { ...SERVER_FIELDS, environment_id: 'follows environment_slug' },
  list: {
    paging: 'whole',
    perOwner: {
      path: '/environment-object/{type}/{id}',
      types: { prompt: 'prompt', dataset: 'dataset', parameters: 'function' },
    },
  },
  references: [
    {
      path: 'object_id',
      to: { kindFrom: 'object_type' },
      version: 'object_version',
      oldVersion: 'block',
      breakAt: 'never',
    },
  ],
  names: [{ path: 'environment_slug', to: 'environment' }],
  writes: { create: 'assign', patch: false, put: true },
});
