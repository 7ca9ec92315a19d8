/** As much of a JSON schema (OpenAPI 3.0 flavour) as the official specification uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Elements of a long array that are looked at, from its start. */
const ELEMENTS = 25;

/** Checks values against the schemas of one specification; a finding names the place and what is wrong there. */
export class SchemaChecker {
  readonly #schemas: Readonly<Record<string, Schema>>;

  /** @param schemas `components.schemas` of the specification */
  constructor(schemas: Readonly<Record<string, Schema>>) {
    this.#schemas = schemas;
  }

  check(schema: Schema, value: unknown, place = '$'): string[] {
    // The specification writes `nullable` beside `$ref`, too.
    if (value === null && schema.nullable === true) return [];
    if (schema.$ref !== undefined) return this.check(this.#resolve(schema.$ref), value, place);
    if (schema.allOf !== undefined) return this.#checkAll(schema.allOf, value, place);
    const choices = schema.anyOf ?? schema.oneOf;
    if (value === null) return this.#allowsNull(schema) ? [] : [`${place}: null is not allowed`];
    if (choices !== undefined) return this.#checkSome(choices, value, place);
    if (schema.enum !== undefined && !schema.enum.includes(value))
      return [`${place}: ${JSON.stringify(value)} is not one of ${JSON.stringify(schema.enum)}`];
    switch (schema.type) {
      case 'object':
        return this.#checkObject(schema, value, place);
      case 'array':
        return this.#checkArray(schema, value, place);
      case 'string':
        return checkString(schema, value, place);
      case 'integer':
      case 'number':
        return checkNumber(schema, value, place);
      case 'boolean':
        return typeof value === 'boolean' ? [] : [`${place}: expected boolean, got ${typeof value}`];
      default:
        return [];
    }
  }

  #resolve(reference: string): Schema {
    const name = reference.split('/').at(-1) ?? '';
    const schema = this.#schemas[name];
    if (schema === undefined) throw new Error(`no schema ${reference}`);
    return schema;
  }

  /** The specification writes "this, or null" as `allOf: [this, {nullable: true}]`, too. */
  #checkAll(parts: readonly Schema[], value: unknown, place: string): string[] {
    if (value === null && parts.some((part) => this.#allowsNull(part))) return [];
    return parts.flatMap((part) => this.check(part, value, place));
  }

  #checkSome(choices: readonly Schema[], value: unknown, place: string): string[] {
    const findings = choices.map((choice) => this.check(choice, value, place));
    if (findings.some((found) => found.length === 0)) return [];
    const nearest = findings.reduce((best, found) => (found.length < best.length ? found : best));
    return [`${place}: fits none of ${choices.length} forms (${nearest[0]})`];
  }

  #allowsNull(schema: Schema): boolean {
    if (schema.nullable === true) return true;
    if (schema.$ref !== undefined) return this.#allowsNull(this.#resolve(schema.$ref));
    if (schema.type === 'null' || schema.enum?.includes(null)) return true;
    if (
      schema.type === undefined &&
      schema.anyOf === undefined &&
      schema.oneOf === undefined &&
      schema.allOf === undefined
    ) {
      return schema.enum === undefined;
    }
    return [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].some((part) => this.#allowsNull(part));
  }

  #checkObject(schema: Schema, value: unknown, place: string): string[] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${place}: expected object`];
    const record = value as Record<string, unknown>;
    const findings = (schema.required ?? [])
      .filter((key) => !(key in record))
      .map((key) => `${place}: ${key} is missing`);
    const properties = schema.properties ?? {};
    for (const [key, inner] of Object.entries(record)) {
      const rule = properties[key] ?? schema.additionalProperties;
      if (typeof rule === 'object') findings.push(...this.check(rule, inner, `${place}.${key}`));
      else if (rule === false) findings.push(`${place}: ${key} is not allowed`);
    }
    return findings;
  }

  #checkArray(schema: Schema, value: unknown, place: string): string[] {
    if (!Array.isArray(value)) return [`${place}: expected array`];
    const { items } = schema;
    if (items === undefined) return [];
    return value
      .slice(0, ELEMENTS)
      .flatMap((entry: unknown, position) => this.check(items, entry, `${place}[${position}]`));
  }
}

function checkString(schema: Schema, value: unknown, place: string): string[] {
  if (typeof value !== 'string') return [`${place}: expected string, got ${typeof value}`];
  if (schema.format === 'uuid' && !UUID.test(value)) return [`${place}: ${JSON.stringify(value)} is not a uuid`];
  if (schema.format === 'date-time' && Number.isNaN(Date.parse(value)))
    return [`${place}: ${JSON.stringify(value)} is not a time`];
  return value.length < (schema.minLength ?? 0) ? [`${place}: shorter than ${schema.minLength}`] : [];
}

function checkNumber(schema: Schema, value: unknown, place: string): string[] {
  if (typeof value !== 'number') return [`${place}: expected ${schema.type}, got ${typeof value}`];
  if (schema.type === 'integer' && !Number.isInteger(value)) return [`${place}: ${value} is not an integer`];
  if (value < (schema.minimum ?? value) || value > (schema.maximum ?? value))
    return [`${place}: ${value} is out of range`];
  return [];
}
