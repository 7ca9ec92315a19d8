import fc from 'fast-check';

/*
 * JSON as text, not as values printed by JSON.stringify: white space between tokens, escapes where none are needed,
 * repeated keys, numbers no JavaScript number holds, halves of surrogate pairs, strings full of brackets and quotes,
 * strings long enough for a native search, nesting.
 */
const COLUMNS = [
  ...['id', 'created', 'span_id', 'root_span_id', 'span_parents', 'input', 'output', 'expected', 'error', 'scores'],
  ...['metadata', 'tags', 'metrics', 'context', 'span_attributes', 'origin', 'facets', 'dataset_record_id', '_xact_id'],
  ...['_pagination_key', 'org_id', 'project_id', 'experiment_id', 'dataset_id', 'prompt_session_id', 'log_id'],
  ...['is_root', 'audit_data', 'classifications', 'comments', '_async_scoring_state', '_object_delete', '_is_merge'],
  ...['_merge_paths', '_array_delete', '_parent_id', '_audit_source', '_skip_async_scoring', 'comment', 'vectors'],
];
const LOOKALIKES = ['ids', 'i', '', 'ID', '_xact_ix', '_xact_i', 'inpux', 'prompt', 'type', 'key', 'unknown', '_mine'];

const gap = fc.oneof({ weight: 6, arbitrary: fc.constant('') }, fc.constantFrom(' ', '  ', '\t', '\r', ' \t '));

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'order', ' ', 'é', '客', '😀', '\u007f', '\u2028') },
  fc.constantFrom('{', '}', '[', ']', ',', ':', '}}', '],[', 'null', '//'),
  fc.constantFrom('\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\\\\\\"', '\\\\\\\\'),
  fc.constantFrom('\\u0041', '\\u0000', '\\ud800', '\\uDFFF', '\\ud83d\\ude00', '\\u0022', '\\u005c', '\\u007B'),
  fc.integer({ min: 20, max: 80 }).map((size) => 'x'.repeat(size)),
);
const stringText = fc.array(piece, { maxLength: 8 }).map((pieces) => `"${pieces.join('')}"`);

const numberText = fc.oneof(
  fc.constantFrom('0', '-0', '1.0', '1e400', '-1E-400', '9007199254740993', '-9223372036854775808', '0.10', '1.5E+10'),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);

const scalarText = fc.oneof({ weight: 3, arbitrary: stringText }, numberText, {
  weight: 2,
  arbitrary: fc.constantFrom('null', 'true', 'false', '[]', '{}', '[ ]', '{ }'),
});

/** A key with some of its letters written as escapes. */
const escaped = fc
  .tuple(fc.constantFrom(...COLUMNS), fc.nat(0xffff))
  .map(
    ([name, bits]) =>
      `"${[...name].map((letter, n) => (bits & (1 << (n % 16)) ? asEscape(letter) : letter)).join('')}"`,
  );

function asEscape(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const keyText = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...COLUMNS).map((name) => `"${name}"`) },
  { weight: 2, arbitrary: fc.constantFrom(...LOOKALIKES).map((name) => `"${name}"`) },
  escaped,
  stringText,
);

export const { value: valueText } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalarText, tie('list'), tie('object')),
  list: fc
    .tuple(fc.array(tie('value'), { maxLength: 4 }), gap)
    .map(([items, space]) => `[${space}${items.join(`${space},${space}`)}${space}]`),
  object: fc
    .tuple(fc.array(fc.tuple(keyText, tie('value')), { maxLength: 4 }), gap)
    .map(([members, space]) => objectOf(members, [space])),
}));

function objectOf(members: readonly (readonly [string, string])[], gaps: readonly string[]): string {
  let n = 0;
  const space = (): string => gaps[n++ % gaps.length] ?? '';
  const text = members.map(([key, value]) => `${space()}${key}${space()}:${space()}${value}${space()}`).join(',');
  return `{${text === '' ? space() : text}}`;
}

/** An object with some of these keys, or others, and these values. */
export function objectText(keys: readonly string[], value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const key = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...keys).map((name) => `"${name}"`) }, keyText);
  return fc
    .tuple(fc.array(fc.tuple(key, value), { maxLength: 8 }), fc.array(gap, { minLength: 1, maxLength: 3 }))
    .map(([members, gaps]) => objectOf(members, gaps));
}

/** Text of one row on one line: any members, then the given one. */
export function rowText(last: readonly [string, string]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.array(fc.tuple(keyText, valueText), { maxLength: 12 }), fc.array(gap, { minLength: 1, maxLength: 5 }))
    .map(([members, gaps]) => objectOf([...members, last], gaps));
}
