import { type Address, parseAddress } from '../../domain/address.ts';

/** Kinds of the organization itself; everything else lives in a project, or in an object that its address names. */
const ORGANIZATION_KINDS: readonly string[] = ['organization', 'user', 'ai_secret', 'role', 'group', 'environment'];
/** Kinds whose address begins with the type of the object that owns them (contract section 6). */
const KINDS_OF_OBJECTS: readonly string[] = ['acl', 'view', 'env_var', 'environment_object'];
const OBJECTS_OUTSIDE_PROJECTS = /^(organization|org_.*|group|role|user)$/;

/** The name of the source project an address belongs to, or undefined when it belongs to the organization. */
export function projectOf(address: Address): string | undefined {
  // A kind that could not be listed stands in a plan as `kind.*`: it is not about one project.
  if (address.endsWith('.*')) return undefined;
  const { kind, path } = parseAddress(address);
  if (ORGANIZATION_KINDS.includes(kind)) return undefined;
  if (!KINDS_OF_OBJECTS.includes(kind)) return path[0];
  return OBJECTS_OUTSIDE_PROJECTS.test(path[0] ?? '') ? undefined : path[1];
}
