import { kindOf, parsePattern } from '../domain/address.ts';
import type { RunEvent } from '../domain/event.ts';
import type { Plan } from '../domain/plan.ts';
import type { Spec } from '../domain/spec.ts';
import { projectOf } from './views/project-of.ts';

type Warning = Extract<RunEvent, { type: 'warning' }>;

/** What may not be what somebody meant who runs a plan, although nothing is wrong with it. */
export function planWarnings(
  spec: Pick<Spec, 'source' | 'destination' | 'kinds'>,
  plan: Pick<Plan, 'source' | 'destination' | 'actions' | 'mode'>,
  flags: { readonly targets: readonly string[]; readonly excludes: readonly string[] },
): Warning[] {
  const warnings: Warning[] = [];
  for (const side of ['source', 'destination'] as const) {
    if (spec[side].org !== undefined) continue;
    const name = JSON.stringify(plan[side].org);
    warnings.push({
      type: 'warning',
      code: 'org_not_named',
      detail: `The spec does not name the ${side} organization, so it is the one the key belongs to: ${name}. Set ${side}.org: ${name}, and a key of another organization is refused.`,
    });
  }
  const isWhole = flags.targets.length === 0;
  const touchesProject = plan.actions.some(
    ({ address }) => kindOf(address) === 'project' || projectOf(address) !== undefined,
  );
  if (plan.mode === undefined && isWhole && spec.kinds.has('project') && !touchesProject) {
    warnings.push({
      type: 'warning',
      code: 'no_project_selected',
      detail:
        'No project of the source is selected, so the plan holds only what belongs to the organization. See projects.include and projects.exclude in the spec.',
    });
  }
  // What is left out of a destroy plan keeps what holds it.
  for (const pattern of plan.mode === undefined ? flags.excludes : []) {
    if (parsePattern(pattern).kind !== 'project') continue;
    warnings.push({
      type: 'warning',
      code: 'exclude_keeps_contents',
      detail: `--exclude ${pattern} leaves out the project itself, not what it holds. To leave out both, name it under projects.exclude in the spec.`,
    });
  }
  return warnings;
}
