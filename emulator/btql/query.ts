/** A BTQL expression, whatever text or AST it came from. */
export type Expression =
  | {
      readonly op: 'literal';
      readonly value: unknown /** Digits of an integer that a double may not hold. */;
      readonly digits?: string;
    }
  | { readonly op: 'ident'; readonly path: readonly string[] }
  | { readonly op: 'star' }
  | { readonly op: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly op: Comparison; readonly left: Expression; readonly right: Expression }
  | { readonly op: 'in'; readonly left: Expression; readonly values: readonly Expression[] }
  | { readonly op: 'like'; readonly left: Expression; readonly right: Expression; readonly ignoreCase: boolean }
  | { readonly op: 'includes'; readonly left: Expression; readonly right: Expression }
  | { readonly op: 'and' | 'or'; readonly items: readonly Expression[] }
  | { readonly op: 'not'; readonly item: Expression }
  | { readonly op: 'isnull'; readonly item: Expression }
  | { readonly op: Arithmetic; readonly left: Expression; readonly right: Expression }
  | { readonly op: 'interval'; readonly milliseconds: number };

export type Comparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
export type Arithmetic = 'add' | 'sub' | 'mul' | 'div' | 'mod';

export const COMPARISONS: readonly string[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'] satisfies Comparison[];
export const ARITHMETIC: readonly string[] = ['add', 'sub', 'mul', 'div', 'mod'] satisfies Arithmetic[];

/** One column of the answer. */
export interface Column {
  readonly expression: Expression;
  readonly name: string;
}

export interface SortKey {
  readonly expression: Expression;
  readonly descending: boolean;
}

/** `project_logs('id', …) spans`. */
export interface Source {
  readonly name: string;
  readonly args: readonly string[];
  readonly shape: 'spans' | 'traces' | 'summary';
}

export interface Query {
  /** Null: no select clause. */
  readonly select: readonly Column[] | null;
  readonly dimensions: readonly Column[];
  readonly measures: readonly Column[];
  readonly from: Source;
  readonly filter: Expression | null;
  readonly sort: readonly SortKey[];
  readonly limit: number | null;
  readonly cursor: string | null;
}

/** A query that cannot be answered, with the reason in words; the answer is 400. */
export class BtqlError extends Error {}
