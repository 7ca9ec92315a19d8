import { RESOURCE_KINDS, type ResourceKind, STREAM_OF } from '../domain/kind.ts';
import { OBJECT_TYPE_KINDS, type ProviderDefinition } from '../providers/define-provider.ts';
import { PROVIDERS } from '../providers/registry.ts';

/**
 * The kinds that must be listed to plan the selected ones: themselves, what they may refer to, and the owners of both,
 * because an address is built from its owners' names.
 */
export function neededKinds(selected: Iterable<ResourceKind>): ResourceKind[] {
  const needed = new Set<ResourceKind>();
  for (const kind of selected) {
    needed.add(kind);
    for (const target of referencedKinds(PROVIDERS[kind])) needed.add(target);
  }
  for (const kind of [...needed]) addOwners(kind, needed);
  return RESOURCE_KINDS.filter((kind) => needed.has(kind));
}

/** The kinds whose objects hold the rows of the selected streams. */
export function containerKinds(kinds: ReadonlySet<string>): ResourceKind[] {
  return RESOURCE_KINDS.filter((kind) => kinds.has(STREAM_OF[kind] ?? ''));
}

/** Kinds of rules that act on rows: copying rows may set off those of the destination. */
export const RULE_KINDS = ['project_score', 'project_automation'] as const;

/** Every kind that a definition's references and names may lead to. */
export function referencedKinds(definition: ProviderDefinition): ResourceKind[] {
  const targets = (definition.references ?? []).flatMap((rule) => {
    if (typeof rule.to === 'string') return [rule.to];
    if (!('kindFrom' in rule.to)) return [...rule.to];
    return ownerTypes(definition).flatMap((type) => OBJECT_TYPE_KINDS[type] ?? []);
  });
  const named = (definition.names ?? []).map(({ to }) => to);
  return [...new Set([...targets, ...named])].filter((kind): kind is ResourceKind =>
    (RESOURCE_KINDS as readonly string[]).includes(kind),
  );
}

function ownerTypes(definition: ProviderDefinition): string[] {
  return Object.keys(definition.list?.perOwner?.types ?? OBJECT_TYPE_KINDS);
}

function addOwners(kind: ResourceKind, needed: Set<ResourceKind>): void {
  const { owner } = PROVIDERS[kind];
  if (owner.in !== 'container' || needed.has(owner.kind)) return;
  needed.add(owner.kind);
  addOwners(owner.kind, needed);
}
