import * as z from 'zod';
import { defineProvider, SERVER_FIELDS, slugReferences } from '../define-provider.ts';
import { json, optionalText, text } from '../fields.ts';

/** `settings` is unreachable at creation and replaced whole by PATCH (fact sheet 2.3). */
export const project = defineProvider({
  kind: 'project',
  path: '/v1/project',
  owner: { in: 'organization' },
  fields: z.object({ name: text, description: optionalText, settings: json }),
  key: ['name'],
  ignored: SERVER_FIELDS,
  references: [
    { path: 'settings.baseline_experiment_id', to: 'experiment' },
    { path: 'settings.default_preprocessor.id', to: ['function', 'prompt'], version: 'version', oldVersion: 'block' },
    ...slugReferences('settings.default_preprocessor', 'settings.default_preprocessor'),
  ],
  writes: { secondWrite: ['settings'], whole: ['settings'], orgName: true },
});
