import type { Plan } from '../../src/domain/plan.ts';
import type { PlannedCopy } from '../../src/domain/stream-plan.ts';
import { plannedAction, planOf } from './plan-fixture.ts';

const BEFORE_PROMPT = `You are the support bot of Acme.

Answer in the language of the customer.
Be brief.
Never promise a refund.
Never ask for a password.
Quote the order number when there is one.
End with the name of the team.
`;
const AFTER_PROMPT = BEFORE_PROMPT.replace(
  'Be brief.\nNever promise a refund.',
  'Be brief and kind.\nNever promise a refund above 50 EUR.',
).replace('End with', 'Always end with');

const schema = { properties: { answer: { type: 'string' } }, type: 'object' };

/** A plan that holds one of each thing a reviewer can meet. */
export const acmePlan: Plan = planOf(
  [
    plannedAction({
      op: 'create',
      address: 'ai_secret.OPENAI_API_KEY',
      reason: 'missing_in_destination',
      after: { name: 'OPENAI_API_KEY', type: 'openai', secret: { $secret: 'PROD_OPENAI_API_KEY' } },
    }),
    plannedAction({
      op: 'update',
      address: 'group.Engineers',
      reason: 'both_changed',
      changes: [
        {
          path: 'member_users',
          before: [{ $ref: 'user."ann@acme.example"' }],
          after: [{ $ref: 'user."ann@acme.example"' }, { $ref: 'user."bo@acme.example"' }],
        },
      ],
    }),
    plannedAction({
      op: 'create',
      address: 'project."Support bot"',
      reason: 'missing_in_destination',
      after: { name: 'Support bot (prod)', description: 'Answers customers' },
    }),
    plannedAction({
      op: 'link',
      address: 'project."Support bot"',
      reason: 'reference_cycle',
      depends_on: ['create:project."Support bot"'],
      after: { settings: { baseline_experiment_id: { $ref: 'experiment."Support bot".baseline' } } },
    }),
    plannedAction({
      op: 'update',
      address: 'prompt."Support bot".triage',
      reason: 'source_changed',
      changes: [
        { path: 'description', before: 'First answer', after: null },
        { path: 'prompt_data.options.model', before: 'gpt-4o', after: 'gpt-5' },
        { path: 'prompt_data.options.params.response_format', before: null, after: { schema, strict: true } },
        { path: 'prompt_data.prompt.messages[0].content', before: BEFORE_PROMPT, after: AFTER_PROMPT },
        { path: 'prompt_data.tool_functions[0].id', after: { $ref: 'function."Support bot".look-up-order' } },
      ],
    }),
    plannedAction({
      op: 'create',
      address: 'project_automation."Support bot".alert',
      reason: 'missing_in_destination',
      after: {
        name: 'alert',
        config: { action: { type: 'webhook', url: { $from_source: 'config.action.url', digest: 'hmac' } } },
      },
    }),
    plannedAction({
      op: 'create',
      address: 'project_automation."Support bot".archive',
      reason: 'missing_in_destination',
      after: {
        name: 'archive',
        config: {
          credentials: { role_arn: 'arn:aws:iam::123456789012:role/archive', type: 'aws_iam' },
          event_type: 'btql_export',
          export_path: 's3://acme-archive/support-bot',
          format: 'parquet',
          interval_seconds: 86_400,
        },
      },
    }),
    plannedAction({
      op: 'create',
      address: 'prompt."Support bot".handover',
      reason: 'missing_in_destination',
      after: {
        name: 'Handover',
        slug: 'handover',
        project_id: { $ref: 'project."Support bot"' },
        prompt_data: {
          options: { model: 'gpt-5', params: { temperature: 0 } },
          prompt: {
            messages: [
              { role: 'system', content: BEFORE_PROMPT },
              { role: 'user', content: '{{conversation}}' },
            ],
            type: 'chat',
          },
          template_format: 'mustache',
          tool_functions: [{ id: { $ref: 'function."Support bot".look-up-order' }, type: 'function' }],
        },
      },
    }),
    plannedAction({
      op: 'create',
      address: 'function."Support bot".look-up-order',
      reason: 'missing_in_destination',
      after: {
        name: 'look-up-order',
        slug: 'look-up-order',
        project_id: { $ref: 'project."Support bot"' },
        function_type: 'tool',
        function_data: {
          data: {
            code: 'async function handler({ order }) {\n  return { order, state: "shipped" };\n}\n',
            runtime_context: { runtime: 'node', version: '20' },
            type: 'inline',
          },
          type: 'code',
        },
        function_schema: { parameters: schema },
      },
    }),
    plannedAction({
      op: 'create',
      address: 'acl.project."Support bot"."group:Engineers".update.dataset',
      reason: 'missing_in_destination',
      after: {
        group_id: { $ref: 'group.Engineers' },
        object_id: { $ref: 'project."Support bot"' },
        object_type: 'project',
        permission: 'update',
        restrict_object_type: 'dataset',
      },
    }),
    plannedAction({
      op: 'create',
      address: 'env_var.project."Support bot".ORDER_API_TOKEN',
      reason: 'missing_in_destination',
      after: { name: 'ORDER_API_TOKEN', object_id: { $ref: 'project."Support bot"' }, object_type: 'project' },
    }),
    plannedAction({
      op: 'copy',
      address: 'dataset_rows."Support bot".golden',
      reason: 'rows_pending',
      after: {
        pass: 'first',
        xact_after: null,
        xact_up_to: '1000198092048171008',
        created_after: null,
        created_before: null,
        rows: 1200,
        counted: 1200,
        first_key: 'p07595896130987753473',
        last_key: 'p07595896130987754673',
        bytes: 5_600_000,
        requests: { source: 3, destination: 2 },
        may_collide: true,
      } satisfies PlannedCopy,
      triggers: ['project_score."Support bot".politeness'],
    }),
    plannedAction({
      op: 'delete',
      address: 'project_tag."Support bot".obsolete',
      reason: 'removed_from_source',
      before: { name: 'obsolete', color: '#C92A2A', project_id: { $ref: 'project."Support bot"' } },
    }),
    plannedAction({
      op: 'blocked',
      address: 'function."Support bot".legacy-scorer',
      reason: 'code_bundle_not_migratable',
      accepted: { reason: 're-pushed from its repository', expires: '2027-01-31' },
    }),
    plannedAction({ op: 'blocked', address: 'function."Support bot".tone', reason: 'code_bundle_not_migratable' }),
    plannedAction({
      op: 'blocked',
      address: 'project_score."Support bot".online-tone',
      reason: 'dependency_blocked',
      depends_on: ['blocked:function."Support bot".tone'],
    }),
    plannedAction({
      op: 'blocked',
      address: 'view.project."Support bot".logs.Mine',
      reason: 'missing_reference',
      after: { name: 'Mine', options: { projectId: { $missing: 'project:0b6f' } } },
    }),
    plannedAction({ op: 'skip', address: 'role.Owner', reason: 'built_in' }),
    plannedAction({ op: 'skip', address: 'user."ann@acme.example"', reason: 'in_sync' }),
    plannedAction({ op: 'skip', address: 'prompt."Support bot".greeting', reason: 'in_sync' }),
    plannedAction({ op: 'skip', address: 'dataset."Support bot".golden', reason: 'adopted' }),
  ],
  {
    not_migrated: [
      { address: 'api_key', reason: 'credential_of_a_person', count: 3 },
      { address: 'prompt."Support bot".triage', reason: 'field_not_modelled', path: 'prompt_data.beta' },
      {
        address: 'env_var.project."Support bot".ORDER_API_TOKEN',
        reason: 'secret_without_value',
        path: 'value',
      },
      { address: 'service_token', reason: 'credential_of_a_person', count: null },
    ],
  },
);
