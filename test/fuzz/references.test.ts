import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findPath, quoted } from '../../src/streams/object-members.ts';
import { scanPage } from '../../src/streams/scan-page.ts';
import { splicePage } from '../../src/streams/splice-page.ts';
import { spliceRule } from '../../src/streams/splice-rule.ts';
import { objectText, rowText, valueText } from './json-text.ts';

type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

const rule = spliceRule('experiment_rows', [{ sourceId: 'exp-dev', destinationId: 'exp-prod' }], {
  skipAsyncScoring: false,
});
const idText = fc.constantFrom(
  '"known-1"',
  '"known-2"',
  '"k\\u006eown-3"',
  '"gone"',
  '"1000196263812939782"',
  'null',
  '7',
);
const anyText = fc.oneof({ weight: 9, arbitrary: idText }, valueText);
const ORIGIN = ['object_type', 'object_id', 'id', '_xact_id', '\\u005fxact_id', 'created'];
const originText = fc.oneof(
  { weight: 6, arbitrary: objectText(ORIGIN, fc.oneof(anyText, fc.constantFrom('"dataset"', '"project_logs"'))) },
  valueText,
);
const promptText = fc.oneof({ weight: 6, arbitrary: objectText(['id', 'project_id', 'version'], anyText) }, valueText);
const usersText = fc.array(anyText, { maxLength: 4 }).map((users) => `[ ${users.join(' ,')}]`);
const metadataText = fc.oneof(
  {
    weight: 6,
    arbitrary: objectText(['prompt', '~__bt_assignments', 'pr\\u006fmpt'], fc.oneof(promptText, usersText)),
  },
  valueText,
);
const referringRow = fc
  .tuple(rowText(['"last"', '1']), originText, metadataText)
  .map(([row, origin, metadata]) => row.replace(/\}$/, `, "origin": ${origin},"metadata":${metadata} }`));

function rename(type: string, id: string): string | undefined {
  return id.startsWith('known') ? `${type}/"${id}"` : undefined;
}

/** The same on a parsed row, which is what the result is compared with, parsed. */
function remapParsed(row: { [key: string]: Value }): Value {
  const { origin, metadata } = row;
  if (isObject(origin)) {
    const type = typeof origin.object_type === 'string' ? origin.object_type : 'unknown';
    renameIn(origin, 'object_id', type === 'project_logs' ? 'project' : type);
    if (origin._xact_id !== null) delete origin._xact_id;
  }
  const prompt = isObject(metadata) ? metadata.prompt : undefined;
  if (isObject(prompt) && typeof prompt.id === 'string' && typeof prompt.project_id === 'string') {
    const isRenamed = [renameIn(prompt, 'id', 'prompt'), renameIn(prompt, 'project_id', 'project')].includes(true);
    if (isRenamed && isPin(prompt.version)) delete prompt.version;
  }
  const users = isObject(metadata) ? metadata['~__bt_assignments'] : undefined;
  if (Array.isArray(users) && isObject(metadata)) {
    metadata['~__bt_assignments'] = users.map((id) => (typeof id === 'string' && rename('user', id)) || id);
  }
  return renameKeys(row);
}

function isPin(value: Value | undefined): boolean {
  return typeof value === 'string' && /^\d{16,}$/.test(value);
}

function renameIn(object: { [key: string]: Value }, key: string, type: string): boolean {
  const id = object[key];
  const renamed = typeof id === 'string' ? rename(type, id) : undefined;
  if (renamed !== undefined) object[key] = renamed;
  return renamed !== undefined;
}

function renameKeys(value: Value): Value {
  if (Array.isArray(value)) return value.map(renameKeys);
  if (!isObject(value)) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renameKeys(item)]));
  if (copy.type === 'braintrust_attachment' && typeof copy.key === 'string') copy.key = `copy of "${copy.key}"`;
  return copy;
}

function isObject(value: Value | undefined): value is { [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function spliced(text: string, isRemapped: boolean): string {
  const page = scanPage(Buffer.from(text), 'jsonl');
  const result = splicePage(page, rule, {
    objectId: isRemapped ? rename : () => undefined,
    attachmentKey: isRemapped ? (key) => `copy of "${key}"` : null,
  });
  expect(result.unreadable).toEqual([]);
  return result.bytes.toString();
}

/** Rows that say another container or that they are deleted are another test's business. */
function isPlain(text: string): boolean {
  const { experiment_id: id, _object_delete: isDeleted } = JSON.parse(text) as { [key: string]: Value };
  return (id === undefined || id === null) && isDeleted !== true;
}

describe('references in rows', () => {
  test('become what they become in a parsed row, and nothing else does', () => {
    let changed = 0;
    fc.assert(
      fc.property(referringRow.filter(isPlain), (text) => {
        // Transactions are taken out of `origin` in either case, so the difference is the lookup alone.
        const parsed = JSON.parse(spliced(text, false)) as { [key: string]: Value };
        const withPins = { ...parsed, ...pick(JSON.parse(text) as { [key: string]: Value }, ['origin', 'metadata']) };
        const result = spliced(text, true);
        expect(JSON.parse(result)).toEqual(remapParsed(withPins));
        if (result !== spliced(text, false)) changed++;
      }),
      { numRuns: 3000 },
    );
    expect(changed).toBeGreaterThan(300);
  });

  test('are found where JSON.parse finds them', () => {
    fc.assert(
      fc.property(
        objectText(['a', 'b'], objectText(['a', 'b'], valueText)),
        fc.constantFrom('a', 'b', 'c'),
        (text, key) => {
          const bytes = Buffer.from(`  ${text}`);
          const range = findPath(bytes, 2, [quoted(key), quoted('a')]);
          const outer = (JSON.parse(text) as { [key: string]: Value })[key];
          const expected = isObject(outer) && Object.hasOwn(outer, 'a') ? outer.a : undefined;
          expect(range && JSON.parse(bytes.toString('utf8', range.start, range.end))).toEqual(expected);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('the rows of an answer', () => {
  test('are the same in both formats', () => {
    fc.assert(
      fc.property(fc.array(rowText(['"last"', '1']), { maxLength: 5 }), valueText, (rows, other) => {
        const lines = scanPage(Buffer.from(rows.join('\n')), 'jsonl');
        const whole = scanPage(
          Buffer.from(`{"schema":${other}, "data" :[ ${rows.join(' ,\n')}] ,"x":${other}}`),
          'json',
        );
        const texts = [lines, whole].map((page) =>
          Array.from({ length: page.count }, (_, n) => page.bytes.toString('utf8', page.starts[n], page.ends[n])),
        );
        expect(texts).toEqual([rows, rows]);
      }),
      { numRuns: 1000 },
    );
  });
});

/** The members that are not null; a null one is left out of a spliced row. */
function pick(row: { [key: string]: Value }, keys: readonly string[]): { [key: string]: Value } {
  return Object.fromEntries(keys.filter((key) => (row[key] ?? null) !== null).map((key) => [key, row[key] as Value]));
}
