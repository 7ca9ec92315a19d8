/*
 * What a splice must do, written to be obviously right and not to be fast. It works on text with one character per byte,
 * cuts it into tokens with one expression, and takes the members of the row from the tokens at depth one.
 */
const TOKEN = /[ \t\r\n]*("(?:[^"\\]|\\[\s\S])*"|[{}[\]:,]|[^ \t\r\n{}[\]:,"]+)/gy;

const NULLABLE = new Set(
  `created span_parents input output expected error scores metadata tags metrics context span_attributes origin facets
   dataset_record_id`.split(/\s+/),
);
const COUNTED = ['audit_data', 'classifications', 'comments', '_async_scoring_state'];
const OWNED = new Set([
  ...COUNTED,
  ...`_xact_id _pagination_key org_id project_id experiment_id dataset_id prompt_session_id log_id is_root`.split(' '),
]);
const CONTROL = new Set(
  `_object_delete _is_merge _merge_paths _array_delete _parent_id _audit_source _audit_metadata _skip_async_scoring
   _async_scoring_control comment`.split(/\s+/),
);

interface Member {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

export interface ReferenceSplice {
  readonly text: string;
  readonly id: string | null;
  readonly created: string | null;
  readonly paginationKey: string | null;
  readonly lost: readonly string[];
  readonly container: string | null;
  readonly tombstone: boolean;
}

/** Splices one row. The text must be valid JSON outside of strings. */
export function referenceSplice(row: string, containerColumn: string, columns: string): ReferenceSplice {
  const members = readMembers(row);
  const runs: string[] = [];
  let from = -1;
  let to = -1;
  const endRun = (): void => {
    if (from >= 0) runs.push(row.slice(from, to));
    from = -1;
  };
  for (const [n, member] of members.entries()) {
    if (!isKept(member, members.slice(0, n))) endRun();
    else {
      if (from < 0) from = member.start;
      to = member.end;
    }
  }
  endRun();
  const last = (name: string): string => members.findLast((member) => member.name === name)?.value ?? 'null';
  return {
    text: `{${[...runs, columns].join(',')}}`,
    id: contents(last('id')),
    created: contents(last('created')),
    paginationKey: contents(last('_pagination_key')),
    container: contents(last(containerColumn)),
    tombstone: last('_object_delete') === 'true',
    lost: [
      ...COUNTED.filter((name) => members.some((member) => member.name === name && holdsSomething(member.value))),
      ...(members.some(({ name, value }) => CONTROL.has(name) && holdsSomething(value)) ? ['control_keys'] : []),
    ],
  };
}

function isKept({ name, value }: Member, before: readonly Member[]): boolean {
  if (OWNED.has(name) || CONTROL.has(name)) return false;
  if (!NULLABLE.has(name) || value !== 'null') return true;
  return before.some((member) => member.name === name && member.value !== 'null');
}

function holdsSomething(value: string): boolean {
  return value !== 'null' && !/^(\[\s*\]|\{\s*\})$/.test(value);
}

function contents(value: string): string | null {
  return value.startsWith('"') ? value.slice(1, -1) : null;
}

function readMembers(row: string): Member[] {
  const tokens = [...row.matchAll(TOKEN)].map((match) => {
    const text = match[1] as string;
    const end = match.index + match[0].length;
    return { text, start: end - text.length, end };
  });
  const members: Member[] = [];
  let depth = 0;
  let key = -1;
  for (const [n, { text }] of tokens.entries()) {
    if (text === '{' || text === '[') depth++;
    const next = tokens[n + 1]?.text;
    if (depth === 1 && text === ':' && key < 0) key = n - 1;
    else if (key >= 0 && depth === (text === '}' || text === ']' ? 2 : 1) && (next === ',' || next === '}')) {
      const start = tokens[key]?.start as number;
      const value = row.slice(tokens[key + 2]?.start, tokens[n]?.end);
      const text = tokens[key]?.text as string;
      const name = text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
      members.push({ name, value, start, end: tokens[n]?.end as number });
      key = -1;
    }
    if (text === '}' || text === ']') depth--;
  }
  return members;
}
