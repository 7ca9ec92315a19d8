import { ApiError } from '../api-error.ts';
import { jsonReply } from '../http/write-reply.ts';
import type { Reply, RequestContext, Route } from '../route.ts';
import type { Org } from '../tenancy.ts';

/** Attachments: bytes in the object store, their status beside them, both under the org (fact sheet section 6). */
export const attachmentRoutes: readonly Route[] = [
  { method: 'POST', path: '/attachment', auth: 'key', handle: announce },
  { method: 'POST', path: '/attachment/status', auth: 'key', handle: setStatus },
  { method: 'GET', path: '/attachment', auth: 'key', handle: locate },
];

interface AttachmentStatus {
  readonly upload_status: 'uploading' | 'done' | 'error';
  readonly error_message?: string;
}

async function announce(context: RequestContext): Promise<Reply> {
  const body = await objectBody(context);
  const org = orgOf(context, body.org_id);
  const key = textField(body, 'key');
  const filename = textField(body, 'filename');
  const contentType = textField(body, 'content_type');
  putStatus(context, org, key, { filename, content_type: contentType }, { upload_status: 'uploading' });
  const path = context.world.objects.signedPath('PUT', blobKey(org, key));
  return jsonReply({ signedUrl: `${context.origin}${path}`, headers: { 'content-type': contentType } });
}

async function setStatus(context: RequestContext): Promise<Reply> {
  const body = await objectBody(context);
  const org = orgOf(context, body.org_id);
  const key = textField(body, 'key');
  const status = body.status as AttachmentStatus | undefined;
  if (!['uploading', 'done', 'error'].includes(String(status?.upload_status))) {
    throw new ApiError(400, 'status.upload_status must be uploading, done or error', 'json');
  }
  const known = findAttachment(context, org, key);
  putStatus(context, org, key, known ?? {}, status as AttachmentStatus);
  return jsonReply({ status: 'success' });
}

function locate(context: RequestContext): Reply {
  const org = orgOf(context, context.query.get('org_id') ?? undefined);
  const key = context.query.get('key');
  if (key === null) {
    const reason = context.query.has('url') ? 'The data plane cannot read this external attachment' : 'key is required';
    throw new ApiError(400, reason, 'json');
  }
  const known = findAttachment(context, org, key);
  if (known === undefined) {
    throw new ApiError(403, `Missing read access to attachment ${key}, or the attachment does not exist`, 'json');
  }
  const path = context.world.objects.signedPath('GET', blobKey(org, key));
  return jsonReply({ downloadUrl: `${context.origin}${path}`, status: known.status });
}

function findAttachment(context: RequestContext, org: Org, key: string): Record<string, unknown> | undefined {
  return context.world.table('attachment').live(`${org.id}:${key}`)?.fields;
}

function putStatus(
  context: RequestContext,
  org: Org,
  key: string,
  fields: Record<string, unknown>,
  status: AttachmentStatus,
): void {
  context.world.table('attachment').put({
    id: `${org.id}:${key}`,
    orgId: org.id,
    ownerId: org.id,
    created: context.world.clock.iso(),
    uniqueKey: null,
    deleted: false,
    fields: { ...fields, key, status },
  });
}

function blobKey(org: Org, key: string): string {
  return `attachment/${org.id}/${key}`;
}

function orgOf(context: RequestContext, id: unknown): Org {
  if (id === undefined || id === null || id === '') return context.org;
  const org = context.orgs.find((candidate) => candidate.id === id);
  if (org !== undefined) return org;
  throw new ApiError(
    403,
    `Missing access to organization id ${String(id)}, or the organization does not exist`,
    'json',
  );
}

async function objectBody(context: RequestContext): Promise<Record<string, unknown>> {
  const body = await context.json();
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw new ApiError(400, 'The body must be an object', 'json');
  }
  return body as Record<string, unknown>;
}

function textField(body: Record<string, unknown>, name: string): string {
  const value = body[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new ApiError(400, `${name} must be a non-empty string`, 'json');
}
