import * as z from 'zod';
import { defineProvider, PROJECT_OWNED, SERVER_FIELDS } from '../define-provider.ts';
import { flag, json, optionalText, reference, text } from '../fields.ts';

/** An experiment without its rows, which are a stream; a taken name is answered silently (fact sheet 2.3). */
export const experiment = defineProvider({
  kind: 'experiment',
  path: '/v1/experiment',
  owner: PROJECT_OWNED,
  fields: z.object({
    project_id: reference,
    name: text,
    description: optionalText,
    repo_info: json,
    base_exp_id: reference,
    dataset_id: reference,
    dataset_version: optionalText,
    internal_metadata: json,
    parameters_id: reference,
    parameters_version: optionalText,
    public: flag,
    metadata: json,
    tags: json,
  }),
  key: ['name'],
  ignored: {
    ...SERVER_FIELDS,
    commit: 'mirrors repo_info.commit',
    ensure_new: 'a request option: we never want a suffixed twin',
  },
  list: { byProject: true },
  noise: ['internal_metadata.experiment_has_rows'],
  sets: ['tags'],
  verbatim: ['metadata'],
  references: [
    { path: 'project_id', to: 'project', breakAt: 'never' },
    { path: 'base_exp_id', to: 'experiment' },
    { path: 'dataset_id', to: 'dataset', version: 'dataset_version', oldVersion: 'drop' },
    { path: 'parameters_id', to: ['function', 'prompt'], version: 'parameters_version', oldVersion: 'drop' },
  ],
  ordered: 'created',
  writes: { silentPost: true },
});
