/** A schema of Swagger 2, as far as the description of Batch uses it. */
export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: readonly string[];
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  additionalProperties?: Schema;
}

/** Where and how a value breaks a schema; unknown properties and nulls are faults, too. */
export function faultsOf(
  value: unknown,
  schema: Schema,
  definitions: Readonly<Record<string, Schema>>,
  at = 'body',
): string[] {
  const resolved = resolve(schema, definitions);
  if (value === null || value === undefined) return [`${at} is ${value}`];
  if (resolved.type === 'array') return arrayFaults(value, resolved, definitions, at);
  if (resolved.properties !== undefined || resolved.type === 'object') {
    return objectFaults(value, resolved, definitions, at);
  }
  return scalarFaults(value, resolved).map((fault) => `${at} ${fault}`);
}

function resolve(schema: Schema, definitions: Readonly<Record<string, Schema>>): Schema {
  const name = schema.$ref?.replace('#/definitions/', '');
  if (name === undefined) return schema;
  const found = definitions[name];
  if (found === undefined) throw new Error(`The description has no definition ${name}.`);
  return found;
}

function arrayFaults(
  value: unknown,
  schema: Schema,
  definitions: Readonly<Record<string, Schema>>,
  at: string,
): string[] {
  if (!Array.isArray(value)) return [`${at} is no array`];
  return value.flatMap((item, index) =>
    faultsOf(item, schema.items ?? {}, definitions, `${at}[${index}]`),
  );
}

function objectFaults(
  value: unknown,
  schema: Schema,
  definitions: Readonly<Record<string, Schema>>,
  at: string,
): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${at} is no object`];
  }
  const faults = (schema.required ?? [])
    .filter((name) => !(name in value))
    .map((name) => `${at}.${name} is missing`);
  for (const [name, member] of Object.entries(value)) {
    const known = schema.properties?.[name] ?? schema.additionalProperties;
    if (known !== undefined) faults.push(...faultsOf(member, known, definitions, `${at}.${name}`));
    else if (!name.startsWith('odata.')) faults.push(`${at}.${name} is not described`);
  }
  return faults;
}

function scalarFaults(value: unknown, { type, format, enum: values }: Schema): string[] {
  const right =
    type === undefined || (type === 'integer' ? Number.isInteger(value) : typeof value === type);
  if (!right) return [`is ${JSON.stringify(value)}, not a ${type}`];
  // The service writes some values in another case than its description.
  const text = String(value).toLowerCase();
  if (values !== undefined && !values.some((one) => one.toLowerCase() === text)) {
    return [`is ${String(value)}, not one of ${values.join(', ')}`];
  }
  const pattern = formats[format ?? ''];
  return pattern === undefined || pattern.test(String(value))
    ? []
    : [`is ${String(value)}, not a ${format}`];
}

const formats: Record<string, RegExp> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/,
  duration: /^P(?!$)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/,
  int32: /^-?\d+$/,
  int64: /^-?\d+$/,
};
