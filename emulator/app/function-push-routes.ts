import { randomUUID } from 'node:crypto';
import { ApiError } from '../api-error.ts';
import { jsonReply } from '../http/write-reply.ts';
import { assignEnvironment } from '../prompts/assign-environments.ts';
import { FUNCTION } from '../prompts/prompt-kinds.ts';
import { promptBySlug, writePrompt } from '../prompts/prompt-table.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { Fields, StoredObject } from '../store/object-table.ts';
import { checkBody, isRecord } from '../verbs/check-body.ts';
import { invalid } from '../verbs/refusals.ts';
import { type Owner, resolveOwner } from '../verbs/resolve-owner.ts';

/** How clients push functions: a slot for the code, then many functions in one transaction (fact sheet section 7). */
export const functionPushRoutes: readonly Route[] = [
  { method: 'POST', path: '/function/code', auth: 'key', handle: createCodeSlot },
  { method: 'POST', path: '/insert-functions', auth: 'key', handle: insertFunctions },
  { method: 'POST', path: '/function/invoke', auth: 'key', handle: refuseInvoke },
  { method: 'POST', path: '/v1/function/:id/invoke', auth: 'key', handle: refuseInvoke },
];

/** The bytes go to `url` and can never be downloaded again. */
function createCodeSlot(context: RequestContext): Reply {
  const bundleId = randomUUID();
  const path = context.world.objects.uploadPath(`code_bundles/${bundleId}`);
  return jsonReply({ url: `${context.origin}${path}`, bundleId });
}

function refuseInvoke(): Reply {
  throw new ApiError(400, 'The emulator has no model and no code runtime, it cannot invoke functions', 'json');
}

interface PushedFunction {
  readonly owner: Owner;
  readonly slug: string;
  readonly content: Fields;
  readonly known: StoredObject | undefined;
  readonly ifExists: string;
  readonly environments: readonly string[];
}

/** `if_exists` is error (default), ignore or replace; one error refuses all. */
async function insertFunctions(context: RequestContext): Promise<Reply> {
  const { world } = context;
  const body = await context.json();
  const given = isRecord(body) ? body.functions : undefined;
  if (!Array.isArray(given)) {
    throw invalid({
      code: 'invalid_type',
      expected: 'array',
      received: typeof given,
      message: 'Required',
      path: ['functions'],
    });
  }
  const pushed = given.map((entry: unknown) => readPushed(context, entry));
  const clashing = pushed.filter(({ known, ifExists }) => known !== undefined && ifExists === 'error');
  if (clashing.length > 0) {
    throw new ApiError(
      400,
      `The following slugs already exist: ${clashing.map(({ slug }) => slug).join(', ')}`,
      'json',
    );
  }
  const xact = world.nextXact();
  let ignored = 0;
  const functions = pushed.map(({ owner, slug, content, known, ifExists, environments }) => {
    if (known !== undefined && ifExists === 'ignore') {
      ignored += 1;
      return { id: known.id, slug, project_id: owner.ownerId, found_existing: true };
    }
    const place = { id: known?.id ?? null, orgId: owner.org.id, projectId: owner.ownerId, slug };
    const stored = writePrompt(world, { ...place, content, action: 'upsert', xact });
    const target = { objectType: 'prompt', objectId: stored.id, version: xact.toString() };
    for (const environment of environments) assignEnvironment(world, owner.org, target, environment);
    return { id: stored.id, slug, project_id: owner.ownerId, found_existing: known !== undefined };
  });
  return jsonReply({ functions, xact_id: xact.toString(), ignored_count: ignored });
}

/** Accepts `metadata`, which the REST create refuses. */
function readPushed(context: RequestContext, entry: unknown): PushedFunction {
  const record = isRecord(entry) ? entry : {};
  const { if_exists: ifExists, environments, metadata, ...rest } = record;
  const { environment_slugs: _none, ...content } = checkBody(FUNCTION, rest, 'create');
  const owner = resolveOwner(context, FUNCTION, record);
  const slug = String(content.slug);
  const slugs = Array.isArray(environments)
    ? environments.map((environment) => String((environment as Fields).slug))
    : [];
  return {
    owner,
    slug,
    content: { ...content, ...(metadata === undefined ? {} : { metadata }) },
    known: promptBySlug(context.world, owner.ownerId, slug),
    ifExists: typeof ifExists === 'string' ? ifExists : 'error',
    environments: slugs,
  };
}
