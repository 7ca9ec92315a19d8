import { z } from 'zod';
import { defineProvider, SERVER_FIELDS } from '../define-provider.ts';
import { optionalText, reference, text } from '../fields.ts';

/** A named pointer to a transaction of a dataset: it means nothing before the rows are there (fact sheet 2.3). */
export const datasetSnapshot = defineProvider({
  kind: 'dataset_snapshot',
  path: '/v1/dataset_snapshot',
  owner: { in: 'container', kind: 'dataset', field: 'dataset_id' },
  fields: z.object({ dataset_id: reference, name: text, description: optionalText }),
  key: ['name'],
  ignored: { ...SERVER_FIELDS, xact_id: 'a transaction of the source' },
  references: [{ path: 'dataset_id', to: 'dataset', breakAt: 'never' }],
  blocked: [{ reason: 'rows_not_migrated' }],
  writes: { put: true },
});
