import type { LocalClient } from './local-client.ts';

/** Functions that are neither a prompt nor code: a graph over others, a built-in, and one that runs elsewhere. */
export async function seedOddFunctions(
  client: LocalClient,
  project_id: string,
  triage: string,
  politeness: string,
): Promise<void> {
  await client.post('/v1/function', {
    project_id,
    name: 'Triage and grade',
    slug: 'triage-and-grade',
    function_type: 'task',
    function_data: {
      type: 'graph',
      nodes: {
        start: { type: 'input' },
        sort: { type: 'function', function: { function_id: triage } },
        grade: { type: 'function', function: { function_id: politeness } },
        end: { type: 'output' },
      },
      edges: {
        first: {
          source: { node: 'start', variable: 'input' },
          target: { node: 'sort', variable: 'input' },
          purpose: 'data',
        },
        second: {
          source: { node: 'sort', variable: 'output' },
          target: { node: 'grade', variable: 'output' },
          purpose: 'data',
        },
        third: {
          source: { node: 'grade', variable: 'output' },
          target: { node: 'end', variable: 'value' },
          purpose: 'data',
        },
      },
    },
  });
  await client.post('/v1/function', {
    project_id,
    name: 'Closed form',
    slug: 'closed-form',
    function_type: 'scorer',
    function_data: {
      type: 'global',
      name: 'ClosedQA',
      function_type: 'scorer',
      config: { criteria: 'Does it answer?' },
    },
  });
  await client.post('/v1/function', {
    project_id,
    name: 'Nightly check',
    slug: 'nightly-check',
    function_type: 'task',
    function_data: { type: 'remote_eval', endpoint: 'http://localhost:8300', eval_name: 'nightly', parameters: {} },
  });
}
