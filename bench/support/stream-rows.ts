const START = Date.UTC(2026, 0, 1);
/** Bytes of one write: half of what the server advertises. */
const WRITE_BYTES = 2.5 * 1024 * 1024;

/** Rows of a size as a write takes them: the inside of a JSON array, 1,000 rows or fewer when they are large. */
export function* rowBodies(
  rows: number,
  rowBytes: number,
  container: Readonly<Record<string, string>>,
): Generator<Buffer> {
  const perWrite = Math.max(1, Math.min(1000, Math.floor(WRITE_BYTES / rowBytes)));
  const keys = JSON.stringify(container).slice(1, -1);
  for (let first = 0; first < rows; first += perWrite) {
    const count = Math.min(perWrite, rows - first);
    const texts = Array.from({ length: count }, (_, n) => `{${keys},${rowText(first + n, rowBytes).slice(1)}`);
    yield Buffer.from(texts.join(','));
  }
}

/** A span of the support bot, padded to about `rowBytes`. */
function rowText(n: number, rowBytes: number): string {
  const id = `row-${String(n).padStart(9, '0')}`;
  const question = 'Where is my order? '.repeat(Math.floor(rowBytes / 70));
  const row = {
    id,
    span_id: id,
    root_span_id: id,
    created: new Date(START + n).toISOString(),
    input: { messages: [{ role: 'user', content: question }] },
    output: { role: 'assistant', content: '' },
    metadata: { model: 'gpt-5-mini', user_id: `user-${n % 97}`, temperature: 0.2 },
    metrics: { start: START / 1000 + n / 1000, end: START / 1000 + n / 1000 + 1.25, tokens: 512 },
    scores: { helpfulness: 0.75 },
    span_attributes: { name: 'answer', type: 'llm' },
    tags: ['support'],
  };
  row.output.content = 'On its way. '.repeat(Math.max(0, Math.floor((rowBytes - JSON.stringify(row).length) / 12)));
  return JSON.stringify(row);
}
