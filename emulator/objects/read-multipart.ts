/** One part of a form: its name and bytes. */
export interface FormPart {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Reads a multipart/form-data body; null when the content type names no boundary or the body does not follow it. */
export function readMultipart(body: Buffer, contentType: string): FormPart[] | null {
  const match = /boundary=(?:"([^"]+)"|([^;]+))/i.exec(contentType);
  const boundary = (match?.[1] ?? match?.[2])?.trim();
  if (boundary === undefined) return null;
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  const parts: FormPart[] = [];
  let at = body.indexOf(delimiter);
  while (at >= 0) {
    const start = at + delimiter.length;
    if (body.toString('latin1', start, start + 2) === '--') return parts;
    const next = body.indexOf(delimiter, start);
    const headerEnd = body.indexOf('\r\n\r\n', start, 'latin1');
    if (next < 0 || headerEnd < 0 || headerEnd > next) return null;
    const name = /name="([^"]*)"/i.exec(body.toString('latin1', start, headerEnd))?.[1];
    if (name !== undefined) parts.push({ name, bytes: body.subarray(headerEnd + 4, next - 2) });
    at = next;
  }
  return null;
}
