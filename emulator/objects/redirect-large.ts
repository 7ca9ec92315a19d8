import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { piecedBody, wholeBody } from '../http/reply-body.ts';
import type { Reply, RequestContext } from '../route.ts';

/**
 * Answers with a 303 to a signed URL of the gzipped body when the body is larger than the world's switch allows; the
 * headers, the cursor among them, stay on the first answer (fact sheet 1.6).
 */
export function redirectLarge(context: RequestContext, reply: Reply): Reply {
  const { redirectAboveBytes, redirectNamesEncoding } = context.world.switches;
  if (redirectAboveBytes === null || reply.body === undefined) return reply;
  if (piecedBody(reply.body).size <= redirectAboveBytes) return reply;
  const key = `answers/${randomUUID()}`;
  const cursor = reply.headers?.['x-bt-cursor'];
  context.world.objects.put(
    key,
    {
      bytes: gzipSync(wholeBody(reply.body)),
      contentType: 'application/json',
      headers: {
        ...(redirectNamesEncoding ? { 'content-encoding': 'gzip' } : {}),
        ...(cursor === undefined ? {} : { 'x-amz-meta-bt_cursor': cursor }),
      },
    },
    false,
  );
  const location = `${context.origin}${context.world.objects.signedPath('GET', key)}`;
  return { status: 303, headers: { ...reply.headers, location } };
}
