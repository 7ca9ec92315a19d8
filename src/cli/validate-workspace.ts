import type { Json } from '../domain/json.ts';
import type { OrgIdentity } from '../domain/org.ts';
import { mostPressing } from '../domain/precedence.ts';
import type { Spec } from '../domain/spec.ts';
import { identifyOrgs } from '../inventory/identify-orgs.ts';
import { neededKinds } from '../inventory/needed-kinds.ts';
import { selectedKinds } from '../inventory/read-inventories.ts';
import { readProjects } from '../inventory/read-lists.ts';
import { checkProjectNames, namedProjects } from '../inventory/select-projects.ts';
import { checkOverrides } from '../planner/check-overrides.ts';
import { checkSecrets } from '../planner/check-secrets.ts';
import { type AccessCheck, checkAccess } from './check-access.ts';
import type { Workspace } from './compose.ts';
import type { CommandResult } from './define-command.ts';
import { probeWrite } from './probe-write.ts';
import { plural } from './views/count-words.ts';
import { sanitizeText } from './views/sanitize-text.ts';

/** Says that the spec is valid, and which of its variables are not set yet. */
export function validateOffline(spec: Spec, file: string): CommandResult {
  checkOverrides(spec);
  checkSecrets(spec);
  const unset = unsetVariables(spec);
  const summary = `${file} is valid; nothing was sent`;
  const lines = [`${sanitizeText(summary)}.`, ...unset.map((name) => `Not set: $${name}.`)];
  return {
    exitCode: 0,
    summary,
    text: `${lines.join('\n')}\n`,
    document: { spec: { file, digest: spec.digest, unset_variables: unset } },
  };
}

/**
 * Reaches both organizations, asks for one object of every kind that planning reads, and probes writing if asked to.
 * What cannot be read is in the result, with the error of the first such kind.
 * @throws BTM_SAME_ORG, and what keeps an organization from being reached at all.
 */
export async function validateOnline(
  { spec, openReaders, openForWriting }: Workspace,
  { file, probe }: { readonly file: string; readonly probe: boolean },
): Promise<CommandResult> {
  checkOverrides(spec);
  checkSecrets(spec);
  const writing = probe ? openForWriting() : undefined;
  const { source, destination } = writing ?? openReaders();
  const { source: from, destination: into } = await identifyOrgs(source, destination);
  const kinds = neededKinds(selectedKinds(spec));
  const checks = (
    await Promise.all([
      checkAccess({ side: 'source', reader: source, kinds, viewOwners: spec.viewOwners }),
      checkAccess({ side: 'destination', reader: destination, kinds, viewOwners: spec.viewOwners }),
    ])
  ).flat();
  // Whether named projects exist can only be said when they can be listed.
  const isListed = checks.some(
    ({ side, kind, access }) => side === 'source' && kind === 'project' && access === 'readable',
  );
  if (isListed && namedProjects(spec).length > 0) checkProjectNames(spec, await readProjects(source));
  if (writing !== undefined) await probeWrite(writing.destination);

  const error = mostPressing(checks.flatMap((check) => check.error ?? []));
  const summary =
    error === undefined
      ? `${file} is valid and both organizations can be read`
      : 'Not everything that is selected can be read';
  return {
    exitCode: error?.exitCode ?? 0,
    summary,
    text: describe(file, from, into, checks, probe),
    document: {
      spec: { file, digest: spec.digest, unset_variables: unsetVariables(spec) },
      source: orgMember(from),
      destination: orgMember(into),
      checks: checks.map(({ side, kind, access, detail }) => ({ side, kind, access, detail })),
      write_access: probe ? 'proven' : 'unproven',
    },
    ...(error === undefined ? {} : { error }),
  };
}

function unsetVariables({ source, destination, secrets }: Spec): string[] {
  const keys = [source, destination].flatMap(({ apiKey, apiKeyName }) => (apiKey === undefined ? [apiKeyName] : []));
  const others = [...secrets.values()].flatMap(({ name, value }) => (value === undefined ? [name] : []));
  return [...new Set([...keys, ...others])];
}

function orgMember({ orgId, orgName, url }: OrgIdentity): Json {
  return { org: orgName, org_id: orgId, url };
}

function describe(
  file: string,
  from: OrgIdentity,
  into: OrgIdentity,
  checks: readonly AccessCheck[],
  probe: boolean,
): string {
  const lines = [`${file} is valid.`];
  for (const [side, org] of [
    ['source', from],
    ['destination', into],
  ] as const) {
    const mine = checks.filter((check) => check.side === side);
    const readable = mine.filter(({ access }) => access === 'readable').length;
    lines.push(
      `The ${side} is "${org.orgName}" (${org.orgId}) at ${org.url}: ${readable} of ${plural(mine.length, 'kind')} can be read.`,
    );
    for (const { kind, access, detail } of mine) {
      if (access !== 'readable')
        lines.push(`  ${kind}: ${access === 'failed' ? 'cannot be read' : 'not checked'}; ${detail}`);
    }
  }
  lines.push(
    probe
      ? 'Write access to the destination is proven: a scratch project was created and deleted.'
      : 'Write access to the destination is not proven; --probe-write creates and deletes a scratch project.',
  );
  return `${lines.map(sanitizeText).join('\n')}\n`;
}
