import * as z from 'zod';
import { defineProvider } from '../define-provider.ts';
import { json, optionalText, reference, text } from '../fields.ts';

/** Saved views; every call needs the owner, so they are listed once per owner (fact sheet 2.2 and 2.3). */
export const view = defineProvider({
  kind: 'view',
  path: '/v1/view',
  owner: {
    in: 'object',
    typeField: 'object_type',
    idField: 'object_id',
  },
  fields: z.object({
    object_type: text,
    object_id: reference,
    view_type: optionalText,
    name: text,
    view_data: json,
    options: json,
    user_id: reference,
  }),
  key: ['view_type', 'name'],
  ignored: { id: 'server-assigned', created: 'server-assigned', deleted_at: 'soft-deletion mark' },
  list: {
    noOrgName: true,
    perOwner: {
      types: { organization: 'organization', project: 'project', dataset: 'dataset', experiment: 'experiment' },
    },
  },
  unportable: [
    { path: 'options.topicMapReportKey', reason: 'server_owned' },
    { path: 'options.options.topicMapReportKey', reason: 'server_owned' },
  ],
  references: [
    { path: 'object_id', to: { kindFrom: 'object_type' }, breakAt: 'never' },
    { path: 'user_id', to: 'user', missing: 'drop' },
    { path: 'options.projectId', to: 'project' },
    { path: 'options.options.projectId', to: 'project' },
  ],
  writes: {
    put: true,
    immutable: ['object_type', 'object_id'],
    patchAlways: ['object_type', 'object_id'],
    deleteBody: ['object_type', 'object_id'],
  },
});
