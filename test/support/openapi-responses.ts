import { existsSync, readFileSync } from 'node:fs';
import type { Exchange } from '../../emulator/http/exchange.ts';
import { type Schema, SchemaChecker } from './json-schema.ts';

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >;
}

interface Specification {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const FILE = '../shared/openapi/braintrust-openapi.json';

/**
 * Where recorded traffic or the official clients' own types prove the specification wrong; they win (fact sheet 2.3).
 * A finding that matches is not one.
 */
const KNOWN_DEVIATIONS: readonly { readonly operation: RegExp; readonly finding: RegExp }[] = [
  // Deleting answers with a tombstone, which has no name.
  { operation: /^DELETE \/v1\/(prompt|function)\//, finding: /^\$: (name|function_data) is missing$/ },
  // POST and PUT echo what was sent, and a function may be sent with a type outside of the enumeration.
  { operation: / \/v1\/(prompt|function)/, finding: /function_type: "prompt" is not one of/ },
  // The types of the official clients also name a tool by project and slug, without an id (fact sheet 3.1).
  { operation: / \/v1\/(prompt|function)/, finding: /\.tool_functions\[\d+\]: fits none of .*: id is missing\)$/ },
];

/** Answers about size that no operation documents: a signed copy of a large body, and a refusal (fact sheet 1.6). */
const GATEWAY_STATUSES = new Set([303, 413]);

/** The official specification, or null when it is not beside the project. */
export function loadResponseChecker(): ResponseChecker | null {
  if (!existsSync(FILE)) return null;
  return new ResponseChecker(JSON.parse(readFileSync(FILE, 'utf8')) as Specification);
}

/** Checks answers of the emulator against the official specification. */
export class ResponseChecker {
  readonly #specification: Specification;
  readonly #checker: SchemaChecker;
  readonly #templates: ReadonlyMap<string, string>;

  constructor(specification: Specification) {
    this.#specification = specification;
    this.#checker = new SchemaChecker(specification.components.schemas);
    this.#templates = new Map(Object.keys(specification.paths).map((path) => [anonymous(path), path]));
  }

  /** Every operation of the specification, `GET /v1/project/{}`. */
  operations(): string[] {
    return Object.entries(this.#specification.paths).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => method !== 'options')
        .map((method) => `${method.toUpperCase()} ${anonymous(path)}`),
    );
  }

  /** Name of the operation that an exchange belongs to; null when the specification does not know it. */
  operationOf(exchange: Exchange): string | null {
    const route = anonymous((exchange.route ?? '').replace(/:[a-z]+/g, '{}'));
    const template = this.#templates.get(route);
    const operation =
      template === undefined ? undefined : this.#specification.paths[template]?.[exchange.method.toLowerCase()];
    return operation === undefined ? null : `${exchange.method} ${route}`;
  }

  /** What is wrong with an answer; nothing for faulted ones and for paths that the specification does not know. */
  findings(exchange: Exchange): string[] {
    const name = this.operationOf(exchange);
    if (name === null || exchange.faulted) return [];
    const [method = '', route = ''] = name.split(' ');
    const template = this.#templates.get(route) ?? '';
    const operation = this.#specification.paths[template]?.[method.toLowerCase()];
    const response = operation?.responses[String(exchange.status)];
    if (response === undefined) {
      return GATEWAY_STATUSES.has(exchange.status) ? [] : [`${name}: status ${exchange.status} is not documented`];
    }
    const schema = response.content?.['application/json']?.schema;
    if (exchange.status !== 200 || schema === undefined) return [];
    const value: unknown = JSON.parse(exchange.body.toString('utf8'));
    return this.#checker
      .check(schema, value)
      .filter(
        (finding) =>
          !KNOWN_DEVIATIONS.some(
            (known) => known.operation.test(`${exchange.method} ${exchange.path}`) && known.finding.test(finding),
          ),
      )
      .map((finding) => `${name}: ${finding}`);
  }
}

function anonymous(path: string): string {
  return path.replace(/\{[^}]*\}/g, '{}');
}
