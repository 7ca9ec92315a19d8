import type { Reply, RequestContext, Route } from '../route.ts';
import { readMultipart } from './read-multipart.ts';

/** The object store's side of signed URLs. No key is wanted, and none is tolerated, as with presigned URLs of S3. */
export const signedRoutes: readonly Route[] = [
  { method: 'PUT', path: '/object-store/:key', auth: 'none', handle: upload },
  { method: 'POST', path: '/object-store/:key', auth: 'none', handle: uploadForm },
  { method: 'GET', path: '/object-store/:key', auth: 'none', handle: download },
];

function refusal(context: RequestContext, verb: string): Reply | null {
  if (context.headers.authorization !== undefined) {
    return storeError(400, 'InvalidArgument', 'Only one auth mechanism allowed; remove the Authorization header');
  }
  const allowed = context.world.objects.allows(verb, context.params.key ?? '', context.query);
  return allowed ? null : storeError(403, 'AccessDenied', 'The signature is wrong or has expired');
}

async function upload(context: RequestContext): Promise<Reply> {
  const refused = refusal(context, 'PUT');
  if (refused !== null) return refused;
  const encoding = context.headers['content-encoding'];
  context.world.objects.put(context.params.key ?? '', {
    bytes: await context.bytes(),
    contentType: context.headers['content-type'] ?? 'application/octet-stream',
    headers: encoding === undefined ? {} : { 'content-encoding': encoding },
  });
  return { status: 200 };
}

async function uploadForm(context: RequestContext): Promise<Reply> {
  const refused = refusal(context, 'POST');
  if (refused !== null) return refused;
  const parts = readMultipart(await context.bytes(), context.headers['content-type'] ?? '');
  const file = parts?.find((part) => part.name === 'file');
  if (parts === null || file === undefined) return storeError(400, 'MalformedPOSTRequest', 'No part named file');
  const type = parts.find((part) => part.name.toLowerCase() === 'content-type')?.bytes.toString('utf8');
  const blob = { bytes: Buffer.from(file.bytes), contentType: type ?? 'application/octet-stream', headers: {} };
  context.world.objects.put(context.params.key ?? '', blob);
  return { status: 204 };
}

function download(context: RequestContext): Reply {
  const refused = refusal(context, 'GET');
  if (refused !== null) return refused;
  const blob = context.world.objects.get(context.params.key ?? '');
  if (blob === undefined) return storeError(404, 'NoSuchKey', 'The specified key does not exist');
  return { status: 200, headers: { 'content-type': blob.contentType, ...blob.headers }, body: blob.bytes };
}

function storeError(status: number, code: string, message: string): Reply {
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  };
}
