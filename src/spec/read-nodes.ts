import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { JsonNumber } from '../domain/json.ts';

const MAX_NODES = 200_000;
/** Levels of nesting, aliases included, that a spec may have. */
export const MAX_DEPTH = 64;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

interface NodeProblem {
  readonly offset: number;
  readonly message: string;
}

/**
 * Turns YAML nodes into plain values. Aliases are followed within a budget of nodes and levels, so that a file cannot
 * grow into a bomb or a cycle; numbers keep their spelling where JavaScript would change it.
 */
export function readNodes(document: Document): { readonly value: unknown; readonly problems: readonly NodeProblem[] } {
  const reader = new NodeReader();
  const value = reader.read(document.contents, 0, 0);
  return { value: reader.problems.length > 0 ? undefined : value, problems: reader.problems };
}

class NodeReader {
  readonly problems: NodeProblem[] = [];
  private readonly anchors = new Map<string, unknown>();
  private readonly seen = new Set<unknown>();
  private nodes = 0;
  private expanding = 0;
  private spent = false;

  read(node: unknown, depth: number, offset: number): unknown {
    if (this.spent) return undefined;
    this.nodes += 1;
    const at = rangeStart(node) ?? offset;
    if (this.nodes > MAX_NODES || depth > MAX_DEPTH) {
      this.spent = true;
      this.report(at, 'Too much to expand: the aliases of this file refer to themselves or multiply.');
      return undefined;
    }
    if (isAlias(node)) return this.expand(node.source, depth, at);
    // An anchor met while expanding an alias was defined earlier, and may have been redefined since.
    if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined && this.expanding === 0) {
      this.anchors.set(node.anchor, node);
    }
    if (isScalar(node)) return this.scalar(node, at);
    if (isSeq(node)) return node.items.map((item) => this.read(item, depth + 1, at));
    if (isMap(node)) return this.map(node, depth, at);
    return null;
  }

  private map(node: YAMLMap, depth: number, at: number): Record<string, unknown> {
    const object = Object.create(null) as Record<string, unknown>;
    for (const pair of node.items) {
      const key = this.key(pair, at);
      if (key === undefined) continue;
      if (Object.hasOwn(object, key)) this.report(rangeStart(pair.key) ?? at, `The key "${key}" is there twice.`, pair);
      object[key] = this.read(pair.value, depth + 1, rangeStart(pair.key) ?? at);
    }
    return object;
  }

  private key(pair: Pair, at: number): string | undefined {
    const node = pair.key;
    const offset = rangeStart(node) ?? at;
    const text = isScalar(node) ? (typeof node.value === 'string' ? node.value : node.source) : undefined;
    // An own key of this name is safe here, but not in the libraries that the value passes through.
    if (text === undefined || text === '' || text === '__proto__') {
      this.report(offset, 'A key must be a text.', pair);
      return undefined;
    }
    return text;
  }

  private scalar(node: Scalar, at: number): unknown {
    if (typeof node.value !== 'number') {
      if (node.value === null || typeof node.value === 'string' || typeof node.value === 'boolean') return node.value;
      this.report(at, 'Only texts, numbers, true, false, lists and mappings are accepted.', node);
      return undefined;
    }
    const source = node.source ?? String(node.value);
    if (!Number.isFinite(node.value) && !JSON_NUMBER.test(source)) {
      this.report(at, `${source} is not a number that JSON can hold.`, node);
      return undefined;
    }
    return JSON.stringify(node.value) === source || !JSON_NUMBER.test(source) ? node.value : new JsonNumber(source);
  }

  private expand(anchor: string, depth: number, at: number): unknown {
    const node = this.anchors.get(anchor);
    if (node === undefined) {
      this.report(at, 'This alias refers to nothing above it.', anchor);
      return undefined;
    }
    this.expanding += 1;
    const value = this.read(node, depth + 1, at);
    this.expanding -= 1;
    return value;
  }

  /** Something reached through several aliases is one problem. */
  private report(offset: number, message: string, about: unknown = this): void {
    if (this.seen.has(about)) return;
    this.seen.add(about);
    this.problems.push({ offset, message });
  }
}

function rangeStart(node: unknown): number | undefined {
  return isAlias(node) || isScalar(node) || isSeq(node) || isMap(node) ? node.range?.[0] : undefined;
}
