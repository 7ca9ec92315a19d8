import type { Route } from '../route.ts';

interface Node {
  readonly literal: Map<string, Node>;
  parameter: Node | null;
  readonly routes: Map<string, { readonly route: Route; readonly names: readonly string[] }>;
}

export interface RouteMatch {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the route of a request. A literal segment wins over a parameter. */
export class RouteIndex {
  readonly #root: Node = createNode();

  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route);
  }

  /** The route, or the methods that the path has, or null when nothing is there. */
  find(method: string, path: string): RouteMatch | { readonly allowed: string[] } | null {
    const values: string[] = [];
    const node = walk(this.#root, path.split('/').slice(1), 0, values);
    if (node === null) return null;
    const found = node.routes.get(method);
    if (found === undefined) return { allowed: [...node.routes.keys()] };
    const params: Record<string, string> = {};
    for (const [position, name] of found.names.entries()) params[name] = decode(values[position] ?? '');
    return { route: found.route, params };
  }

  #add(route: Route): void {
    const names: string[] = [];
    let node = this.#root;
    for (const segment of route.path.split('/').slice(1)) {
      if (segment.startsWith(':')) {
        names.push(segment.slice(1));
        node.parameter ??= createNode();
        node = node.parameter;
      } else {
        const next = node.literal.get(segment) ?? createNode();
        node.literal.set(segment, next);
        node = next;
      }
    }
    if (node.routes.has(route.method)) throw new Error(`two routes for ${route.method} ${route.path}`);
    node.routes.set(route.method, { route, names });
  }
}

function createNode(): Node {
  return { literal: new Map(), parameter: null, routes: new Map() };
}

function walk(node: Node, segments: readonly string[], depth: number, values: string[]): Node | null {
  const segment = segments[depth];
  if (segment === undefined) return node.routes.size > 0 ? node : null;
  const literal = node.literal.get(segment);
  if (literal !== undefined) {
    const found = walk(literal, segments, depth + 1, values);
    if (found !== null) return found;
  }
  if (node.parameter === null || segment === '') return null;
  values.push(segment);
  const found = walk(node.parameter, segments, depth + 1, values);
  if (found === null) values.pop();
  return found;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
