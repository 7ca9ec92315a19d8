import * as z from 'zod';
import { defineProvider, PROJECT_OWNED, SERVER_FIELDS } from '../define-provider.ts';
import { optionalText, reference, text } from '../fields.ts';

/** An MCP server that prompts may use; it holds no credentials (fact sheet 2.3). */
export const mcpServer = defineProvider({
  kind: 'mcp_server',
  path: '/v1/mcp_server',
  owner: PROJECT_OWNED,
  fields: z.object({ project_id: reference, name: text, url: text, description: optionalText }),
  key: ['name'],
  ignored: SERVER_FIELDS,
  references: [{ path: 'project_id', to: 'project', breakAt: 'never' }],
  writes: { put: true },
});
