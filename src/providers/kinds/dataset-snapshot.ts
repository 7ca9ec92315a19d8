import * as z from 'zod';
import { defineProvider, SERVER_FIELDS } from '../define-provider.ts';
import { optionalText, reference, text } from '../fields.ts';

/** A named pointer to a transaction of a dataset: it is made when the rows up to there are copied (fact sheet 2.3). */
export const datasetSnapshot = defineProvider({
  kind: 'dataset_snapshot',
  path: '/v1/dataset_snapshot',
  owner: { in: 'container', kind: 'dataset', field: 'dataset_id' },
  fields: z.object({ dataset_id: reference, name: text, description: optionalText, xact_id: optionalText }),
  key: ['name'],
  ignored: SERVER_FIELDS,
  references: [{ path: 'dataset_id', to: 'dataset', version: 'xact_id', oldVersion: 'block', breakAt: 'never' }],
  writes: { put: true, putOnly: ['xact_id'] },
});
