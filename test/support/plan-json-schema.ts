/** The keywords of JSON Schema (draft 2020-12) that our published schemas use; any other is a mistake of this checker. */
const KEYWORDS: ReadonlySet<string> = new Set([
  ...['$schema', 'title', 'description', 'type', 'const', 'enum', 'pattern', 'minLength', 'minimum', 'maximum'],
  ...['properties', 'required', 'items', 'anyOf', 'oneOf', 'additionalProperties', 'default', 'propertyNames'],
]);

type SchemaObject = Readonly<Record<string, unknown>>;

/** Everything in the value that the schema does not allow, each with its place. Throws for a keyword it does not know. */
export function schemaFindings(schema: SchemaObject, value: unknown, place = '$'): string[] {
  const unknown = Object.keys(schema).find((keyword) => !KEYWORDS.has(keyword));
  if (unknown !== undefined) throw new Error(`${place}: the checker does not know "${unknown}"`);
  return [
    ...(fitsType(schema.type, value) ? [] : [`${place}: not ${JSON.stringify(schema.type)}`]),
    ...(schema.const === undefined || value === schema.const ? [] : [`${place}: not ${JSON.stringify(schema.const)}`]),
    ...(schema.enum === undefined || (schema.enum as unknown[]).includes(value) ? [] : [`${place}: not in the enum`]),
    ...scalarFindings(schema, value, place),
    ...choiceFindings(schema, value, place),
    ...(Array.isArray(value) ? itemFindings(schema, value, place) : []),
    ...(fitsType('object', value) ? memberFindings(schema, value as SchemaObject, place) : []),
  ];
}

function fitsType(type: unknown, value: unknown): boolean {
  if (type === undefined) return true;
  if (Array.isArray(type)) return type.some((one) => fitsType(one, value));
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function scalarFindings(schema: SchemaObject, value: unknown, place: string): string[] {
  if (typeof value === 'string') {
    const { pattern, minLength } = schema as { pattern?: string; minLength?: number };
    if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return [`${place}: does not match ${pattern}`];
    return value.length < (minLength ?? 0) ? [`${place}: too short`] : [];
  }
  if (typeof value !== 'number') return [];
  const { minimum = value, maximum = value } = schema as { minimum?: number; maximum?: number };
  return value < minimum || value > maximum ? [`${place}: out of range`] : [];
}

function choiceFindings(schema: SchemaObject, value: unknown, place: string): string[] {
  const fitting = (choices: unknown) =>
    (choices as SchemaObject[]).filter((choice) => schemaFindings(choice, value, place).length === 0).length;
  if (schema.anyOf !== undefined && fitting(schema.anyOf) === 0) return [`${place}: fits none of the forms`];
  if (schema.oneOf !== undefined && fitting(schema.oneOf) !== 1) return [`${place}: does not fit exactly one form`];
  return [];
}

function itemFindings(schema: SchemaObject, items: readonly unknown[], place: string): string[] {
  if (schema.items === undefined) return [];
  return items.flatMap((item, index) => schemaFindings(schema.items as SchemaObject, item, `${place}[${index}]`));
}

function memberFindings(schema: SchemaObject, value: SchemaObject, place: string): string[] {
  const properties = (schema.properties ?? {}) as Readonly<Record<string, SchemaObject>>;
  const missing = ((schema.required ?? []) as string[]).filter((name) => !Object.hasOwn(value, name));
  const findings = missing.map((name) => `${place}: ${name} is missing`);
  for (const [name, member] of Object.entries(value)) {
    const rule = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
    if (rule === false) findings.push(`${place}: ${name} is not allowed`);
    else if (typeof rule === 'object')
      findings.push(...schemaFindings(rule as SchemaObject, member, `${place}.${name}`));
  }
  return findings;
}
