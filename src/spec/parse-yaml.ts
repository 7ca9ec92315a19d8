import { Composer, type CST, type Document, isAlias, isMap, isScalar, isSeq, LineCounter, Parser } from 'yaml';
import type { SpecPath } from '../domain/spec-path.ts';
import type { Problem } from './problem.ts';
import { MAX_DEPTH, readNodes } from './read-nodes.ts';

export interface YamlText {
  /** Plain values; mappings have no prototype, numbers JavaScript would change are `JsonNumber`. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Where a value stands, or the nearest thing around it that exists. */
  locateValue(path: SpecPath): Position;
  /** Where the last key of the path stands. */
  locateKey(path: SpecPath): Position;
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Parses one YAML 1.2 document. Reports every syntax problem, duplicate keys, several documents, unknown tags and
 * anything nested or aliased beyond reason; never throws for any text.
 */
export function parseYaml(text: string): YamlText {
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  // Composing recurses, and a deep enough stack ends the process instead of throwing: depth is checked on the tokens.
  const deep = tooDeep(tokens);
  if (deep !== undefined) {
    return nothingBut([{ ...at(deep), message: `Nested deeper than ${MAX_DEPTH} levels.` }]);
  }
  const composer = new Composer({ lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const documents = [...composer.compose(tokens)];
  const problems = documents.flatMap((document) =>
    [...document.errors, ...document.warnings].map((error) => ({ ...at(error.pos[0]), message: `${error.message}.` })),
  );
  const [document, second] = documents;
  if (second !== undefined) {
    problems.push({
      ...at(second.contents?.range?.[0] ?? second.range?.[0] ?? 0),
      message: 'A second document starts here; a spec is one document.',
    });
  }
  if (document === undefined || problems.length > 0) return nothingBut(problems);
  const nodes = readNodes(document);
  return {
    value: nodes.value,
    problems: nodes.problems.map(({ offset, message }) => ({ ...at(offset), message })),
    locateValue: (path) => at(offsetOf(document, path, 'value')),
    locateKey: (path) => at(offsetOf(document, path, 'key')),
  };
}

function nothingBut(problems: readonly Problem[]): YamlText {
  const start = { line: 1, column: 1 };
  return { value: undefined, problems, locateValue: () => start, locateKey: () => start };
}

function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  const pending: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) return token.offset;
    if (token.type === 'document') {
      if (token.value !== undefined) pending.push({ token: token.value, depth });
    } else if ('items' in token) {
      for (const item of token.items) {
        if (item.key) pending.push({ token: item.key, depth: depth + 1 });
        if (item.value) pending.push({ token: item.value, depth: depth + 1 });
      }
    }
  }
  return undefined;
}

function offsetOf(document: Document, path: SpecPath, what: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const [index, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node)) {
      node = node.items[Number(part)];
    } else if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && (key.value === part || key.source === part));
      if (pair === undefined) return offset;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      if (what === 'key' && index === path.length - 1) return offset;
      node = pair.value;
    } else {
      return offset;
    }
    if (isAlias(node) || isScalar(node) || isMap(node) || isSeq(node)) offset = node.range?.[0] ?? offset;
  }
  return offset;
}
