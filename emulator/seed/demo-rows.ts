import type { ProjectParts } from './demo-project-parts.ts';
import type { SharedParts } from './demo-shared.ts';
import type { LocalClient } from './local-client.ts';

const TRACES = 50;
const QUESTIONS = 40;
const HOUR = 3_600_000;

const ASKED = [
  'Where is my order?',
  'I want my money back.',
  'The app shows a white page.',
  'You are great, thank you!',
  'Can I change the address?',
  'Why was I charged twice?',
  'Schön, aber wo ist die Rechnung? 🧾',
];
const ANSWERED = [
  'It left our warehouse yesterday.',
  'We have sent it back, it takes three days.',
  'Please reload; we have fixed it this morning.',
  'That made our day!',
  'Yes, until it ships.',
  'One of the two was a reservation and vanishes.',
  'Sie finden sie unter "Bestellungen".',
];
const TAGS = ['refund', 'bug', 'praise'];

/** Rows: 50 traces of four spans, three datasets, one experiment over a dataset, comments and a snapshot. */
export async function seedRows(
  client: LocalClient,
  shared: SharedParts,
  parts: ProjectParts,
  now: number,
): Promise<void> {
  await seedDatasetRows(client, parts);
  await seedExperimentRows(client, parts);
  const traces = Array.from({ length: TRACES }, (_, number) => trace(number, now - (TRACES - number) * 6 * HOUR));
  for (let start = 0; start < TRACES; start += 10) {
    await client.post(`/v1/project_logs/${shared.supportBot}/insert`, {
      events: traces.slice(start, start + 10).flat(),
    });
  }
  await client.post(`/v1/project_logs/${shared.supportBot}/feedback`, {
    feedback: [
      { id: 'conversation-7', scores: { Helpfulness: 0.9 }, comment: 'Quick and kind', source: 'app' },
      { id: 'conversation-12', scores: { Helpfulness: 0.2 }, comment: 'Did not read the order number', source: 'app' },
    ],
  });
}

async function seedDatasetRows(client: LocalClient, parts: ProjectParts): Promise<void> {
  const golden = Array.from({ length: QUESTIONS }, (_, number) => ({
    id: `question-${number}`,
    input: { message: at(ASKED, number), customer: 1000 + number },
    expected: at(ANSWERED, number),
    metadata: { reviewed: number % 3 === 0, source: { ticket: `T-${4000 + number}` } },
    tags: [at(TAGS, number)],
  }));
  const { _xact_id } = await insertAndReadVersion(client, parts.goldenQuestions, golden);
  await client.post('/v1/dataset_snapshot', {
    dataset_id: parts.goldenQuestions,
    name: 'Release 1',
    description: 'What release 1 was measured with',
    xact_id: _xact_id,
  });
  await insertAndReadVersion(client, parts.edgeCases, [
    { id: 'empty', input: { message: '' }, expected: null },
    { id: 'long', input: { message: 'please '.repeat(200) }, expected: 'How can we help?' },
    { id: 'numbers', input: { message: 'Order 12345678901234567890 costs 1.0', price: 1.5 }, expected: '…' },
    { id: 'script', input: { message: '<script>alert("hi")</script>' }, expected: 'How can we help?' },
    { id: 'bidi', input: { message: 'שלום, where is my order?' }, expected: 'On its way.' },
  ]);
  await insertAndReadVersion(
    client,
    parts.orders,
    Array.from({ length: 8 }, (_, number) => ({
      id: `order-${number}`,
      input: { order: `A-${number}` },
      expected: { state: 'shipped' },
    })),
  );
}

/** Inserts rows and returns the transaction they went in with. */
async function insertAndReadVersion(
  client: LocalClient,
  dataset: string,
  events: readonly unknown[],
): Promise<{ _xact_id: string }> {
  await client.post(`/v1/dataset/${dataset}/insert`, { events });
  return { _xact_id: client.world.lastXact.toString() };
}

async function seedExperimentRows(client: LocalClient, parts: ProjectParts): Promise<void> {
  const events = Array.from({ length: 50 }, (_, number) => ({
    id: `eval-${number}`,
    input: { message: at(ASKED, number) },
    output: at(ANSWERED, number + (number % 9 === 0 ? 1 : 0)),
    expected: at(ANSWERED, number),
    scores: { Politeness: 1, Correctness: number % 9 === 0 ? 0 : 1 },
    metadata: { tone: number % 2 === 0 ? 'friendly' : 'plain' },
    metrics: { prompt_tokens: 120 + number, completion_tokens: 18 },
    origin: { object_type: 'dataset', object_id: parts.goldenQuestions, id: `question-${number % QUESTIONS}` },
    span_attributes: { name: 'eval', type: 'eval' },
  }));
  await client.post(`/v1/experiment/${parts.toneTwo}/insert`, { events });
}

/** One conversation: a root task, a triage, an order look-up and the answer. */
function trace(number: number, start: number): Record<string, unknown>[] {
  const root = `conversation-${number}`;
  const seconds = start / 1000;
  const message = at(ASKED, number);
  const answer = at(ANSWERED, number);
  const child = (name: string, type: string, order: number, rest: Readonly<Record<string, unknown>>) => ({
    id: `${root}-${name}`,
    span_id: `${root}-${name}`,
    root_span_id: root,
    span_parents: [root],
    created: new Date(start + order * 400).toISOString(),
    span_attributes: { name, type },
    metrics: { start: seconds + order * 0.4, end: seconds + order * 0.4 + 0.3 },
    ...rest,
  });
  return [
    {
      id: root,
      span_id: root,
      root_span_id: root,
      span_parents: [],
      created: new Date(start).toISOString(),
      input: { message },
      output: answer,
      scores: { Politeness: number % 7 === 1 ? 0.2 : 1 },
      metadata: { customer: 1000 + number, channel: number % 2 === 0 ? 'chat' : 'mail' },
      tags: [at(TAGS, number)],
      metrics: { start: seconds, end: seconds + 2 },
      span_attributes: { name: 'answer-customer', type: 'task' },
    },
    child('triage', 'llm', 1, { input: [{ role: 'user', content: message }], output: at(TAGS, number) }),
    child('lookup-order', 'tool', 2, { input: { order: `A-${number}` }, output: { state: 'shipped' } }),
    child('answer', 'llm', 3, { input: [{ role: 'user', content: message }], output: answer }),
  ];
}

/** Takes from a list as if it went on for ever. */
function at(list: readonly string[], number: number): string {
  return list[number % list.length] ?? '';
}
