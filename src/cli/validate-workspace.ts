import { BtMigrateError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { OrgIdentity, OrgReader } from '../domain/org.ts';
import type { Spec } from '../domain/spec.ts';
import { neededKinds } from '../inventory/needed-kinds.ts';
import { selectedKinds } from '../inventory/read-inventories.ts';
import { type AccessCheck, checkAccess } from './check-access.ts';
import type { Workspace } from './compose.ts';
import type { CommandResult } from './define-command.ts';
import { probeWrite } from './probe-write.ts';
import { plural } from './views/count-words.ts';
import { sanitizeText } from './views/sanitize-text.ts';

/** Says that the spec is valid, and which of its variables are not set yet. */
export function validateOffline(spec: Spec, file: string): CommandResult {
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
  const writing = probe ? openForWriting() : undefined;
  const { source, destination } = writing ?? openReaders();
  const [from, into] = await identify(source, destination);
  const kinds = neededKinds(selectedKinds(spec));
  const checks = (
    await Promise.all([
      checkAccess({ side: 'source', reader: source, kinds, viewOwners: spec.viewOwners }),
      checkAccess({ side: 'destination', reader: destination, kinds, viewOwners: spec.viewOwners }),
    ])
  ).flat();
  if (writing !== undefined) await probeWrite(writing.destination);

  const error = gravest(checks);
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

/** Names both sides' troubles at once; the exit code is that of the graver one (contract section 2, precedence). */
async function identify(source: OrgReader, destination: OrgReader): Promise<[OrgIdentity, OrgIdentity]> {
  const [from, into] = await Promise.allSettled([source.identity(), destination.identity()]);
  if (from.status === 'fulfilled' && into.status === 'fulfilled') {
    if (from.value.orgId !== into.value.orgId) return [from.value, into.value];
    throw new BtMigrateError('BTM_SAME_ORG', {
      detail: `Both keys belong to the organization "${from.value.orgName}".`,
      hint: 'Check BT_SOURCE_API_KEY and BT_DEST_API_KEY, and org on both sides of the spec.',
    });
  }
  const reasons = [from, into].flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const ours = reasons.filter((reason) => reason instanceof BtMigrateError);
  const [first, second] = ours.sort((a, b) => rank(a) - rank(b));
  if (first === undefined || second === undefined || ours.length < reasons.length || first === second) throw reasons[0];
  throw new BtMigrateError(first.code, {
    detail: `${first.detail}\n${second.detail}`,
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    cause: first,
  });
}

const PRECEDENCE: readonly number[] = [130, 143, 7, 5, 6, 8, 4];

function rank(error: BtMigrateError): number {
  const found = PRECEDENCE.indexOf(error.exitCode);
  return found < 0 ? PRECEDENCE.length : found;
}

function gravest(checks: readonly AccessCheck[]): BtMigrateError | undefined {
  const errors = checks.flatMap(({ error }) => error ?? []);
  return errors.sort((a, b) => rank(a) - rank(b))[0];
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
