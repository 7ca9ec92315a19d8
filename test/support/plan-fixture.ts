import { parseAddress } from '../../src/domain/address.ts';
import { sha256 } from '../../src/domain/fingerprint.ts';
import { compareText } from '../../src/domain/json.ts';
import { actionId, OPERATIONS, type Operation, type Plan, type PlannedAction } from '../../src/domain/plan.ts';
import { sealPlan } from '../../src/planner/plan-file.ts';

type ActionParts = Pick<PlannedAction, 'op' | 'address' | 'reason'> & Partial<PlannedAction>;

/** A planned action with fingerprints made from its address, as a planner would have filled them in. */
export function plannedAction(parts: ActionParts): PlannedAction {
  parseAddress(parts.address);
  const onDestination = parts.op !== 'create' && parts.op !== 'copy';
  return {
    id: actionId(parts.op, parts.address),
    depends_on: [],
    source_fingerprint: parts.op === 'delete' ? null : sha256(`source ${parts.address}`),
    destination_fingerprint: onDestination ? sha256(`destination ${parts.address}`) : null,
    ...parts,
  };
}

/** A sealed plan from Acme Dev to Acme Prod that holds these actions. */
export function planOf(actions: readonly PlannedAction[], parts: Partial<Plan> = {}): Plan {
  const counts = Object.fromEntries(OPERATIONS.map((op) => [op, 0])) as Record<Operation, number>;
  for (const action of actions) counts[action.op] += 1;
  const copies = actions.flatMap(({ op, after }) => (op === 'copy' && after !== undefined ? [after] : []));
  const sumOf = (name: 'rows' | 'bytes') => copies.reduce((sum, copy) => sum + Number(copy[name] ?? 0), 0);
  return sealPlan({
    format_version: '1.0',
    tool_version: '0.1.0',
    as_of: '2026-03-02',
    source: {
      kind: 'braintrust',
      org_id: '7c7a4a4e-0000-4000-8000-000000000001',
      org: 'Acme Dev',
      url: 'https://api.braintrust.dev',
    },
    destination: {
      kind: 'braintrust',
      org_id: '7c7a4a4e-0000-4000-8000-000000000002',
      org: 'Acme Prod',
      url: 'https://bt.acme.internal',
    },
    spec_digest: sha256('spec'),
    state: { lineage: null, serial: 0 },
    actions: [...actions].sort((a, b) => compareText(a.id, b.id)),
    not_migrated: [],
    estimates: {
      rows: sumOf('rows'),
      bytes: sumOf('bytes'),
      streams: [],
      actions: counts,
      requests: { source: 12, destination: actions.length },
      fan_out_requests: 0,
    },
    ...parts,
  });
}
