import * as z from 'zod';
import { defineProvider, PROJECT_OWNED, SERVER_FIELDS } from '../define-provider.ts';
import { flag, optionalText, reference, text } from '../fields.ts';

/** An embedded viewer for spans; its URL often differs by deployment, see `overrides` in the spec. */
export const spanIframe = defineProvider({
  kind: 'span_iframe',
  path: '/v1/span_iframe',
  owner: PROJECT_OWNED,
  fields: z.object({ project_id: reference, name: text, url: text, description: optionalText, post_message: flag }),
  key: ['name'],
  ignored: SERVER_FIELDS,
  references: [{ path: 'project_id', to: 'project', breakAt: 'never' }],
  writes: { put: true },
});
