/** A container of the source, by what the API calls it. */
export interface RowContainerOf {
  readonly type: 'project_logs' | 'dataset' | 'experiment';
  readonly id: string;
  /** Of the object that holds the rows. */
  readonly name: string;
}

const KEYS = {
  project_logs: (id: string) => `"project_id":"${id}","log_id":"g"`,
  dataset: (id: string) => `"dataset_id":"${id}"`,
  experiment: (id: string) => `"experiment_id":"${id}"`,
} as const;

/** What JavaScript's own numbers and strings would not give back: integers above 2^53, `1.0`, `-0`, escapes, lone surrogates. */
const EXACT = [
  '{"order":9007199254740993,"price":1.0,"delta":-0,"huge":1e400,"tiny":5e-324}',
  '{"b":1,"a":{"deep":[[],{},null,true]},"text":"caf\\u00e9 \\ud83d\\ude00 \\ud800 \\/ \\b\\f\\n"}',
  '"plain text, 😀 and \\u2028"',
  '[1,2.50,3e2,"4"]',
] as const;

/** A row as JSON text, without its container. Rows of one number are the same text, but for `edition`. */
export function mixedRow(number: number, edition = 0): string {
  const parts = [
    `"id":"row-${number}"`,
    `"span_id":"span-${number}"`,
    `"root_span_id":"span-${number - (number % 5)}"`,
    `"input":${EXACT[number % EXACT.length]}`,
    `"metadata":{"edition":${edition},"n":${number}.0,"model":"gpt-5-mini"}`,
    `"tags":["t${number % 7}"]`,
  ];
  if (number % 5 !== 0) parts.push(`"span_parents":["span-${number - (number % 5)}"]`);
  if (number % 3 === 0) parts.push(`"expected":"${'answer '.repeat(number % 40)}"`);
  if (number % 11 === 0) parts.push(`"unknown_column":{"kept":${number}.50}`);
  return parts.join(',');
}

/** Writes rows in transactions of a thousand. */
export async function writeRows(
  { url, key }: { readonly url: string; readonly key: string },
  { type, id }: RowContainerOf,
  rows: readonly string[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += 1000) {
    const texts = rows.slice(from, from + 1000).map((row) => `{${row},${KEYS[type](id)}}`);
    const response = await fetch(`${url}/logs3`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: `{"rows":[${texts.join(',')}],"api_version":2}`,
    });
    const answer = await response.text();
    if (response.status !== 200) throw new Error(`/logs3 answered ${response.status}: ${answer}`);
  }
}
