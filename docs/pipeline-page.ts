import { stringify } from 'yaml';
import { type JsonSchema, pipelineJsonSchema } from '../lib/plan/pipeline-json-schema.ts';
import { PIPELINE_INTRODUCTION } from './pipeline-introduction.ts';

/** A field of the file by its path; `{name}` stands for a name that the writer chooses, `[]` for an entry. */
export interface Field {
  path: string[];
  schema: JsonSchema;
  required: boolean;
  /** What each part of the path stands in. */
  parents: JsonSchema[];
}

/** The reference page of the pipeline file, from its schema alone. */
export function pipelinePage(): string {
  return [PIPELINE_INTRODUCTION, ...fieldsOf(pipelineJsonSchema()).map(section)].join('\n\n');
}

/** Every field below a schema, parents first. */
export function fieldsOf(
  schema: JsonSchema,
  path: string[] = [],
  above: JsonSchema[] = [],
): Field[] {
  const parents = [...above, schema];
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const required = schema.required?.includes(name) === true;
    const field = { path: [...path, name], schema: child, required, parents };
    return [field, ...fieldsOf(child, field.path, parents)];
  });
  const named = schema.additionalProperties;
  return [
    ...own,
    ...(typeof named === 'object' ? fieldsOf(named, [...path, '{name}'], parents) : []),
    ...(schema.items ? fieldsOf(schema.items, [...path, '[]'], parents) : []),
    ...(schema.anyOf ?? []).flatMap((one) => fieldsOf(one, path, above)),
  ];
}

function section({ path, schema, required, parents }: Field): string {
  const facts = [typeOf(schema), ...limitsOf(schema), required ? 'required' : defaultOf(schema)];
  const [example] = schema.examples ?? [];
  const fragment = around(path, example, parents);
  const level = '#'.repeat(Math.min(path.length + 1, 4));
  return `${level} \`${path.join('.').replaceAll('.[]', '[]')}\`

${facts.join(' · ')}

${schema.description ?? ''}

\`\`\`yaml
${stringify(fragment, { singleQuote: true, lineWidth: 0 }).trimEnd()}
\`\`\``;
}

/** Mappings that every file has, so that no example needs to repeat their fields. */
const GIVEN = new Set(['tasks', 'pool']);

/** An example at its place, with those of the fields without which its mappings would not be whole. */
function around(path: string[], example: unknown, parents: JsonSchema[]): unknown {
  return path.reduceRight<unknown>((inner, name, depth) => {
    if (name === '[]') return [inner];
    const given = depth === 0 || (depth === 1 && GIVEN.has(path[0] ?? ''));
    const { required = [], properties = {} } = parents[depth] ?? {};
    const needed = given ? [] : required.map((other) => [other, properties[other]?.examples?.[0]]);
    const { [name]: _, ...siblings } = Object.fromEntries(needed) as Record<string, unknown>;
    return { ...siblings, [name === '{name}' ? 'samples' : name]: inner };
  }, example);
}

const WORDS: Record<string, string> = {
  object: 'mapping',
  array: 'list',
  integer: 'whole number',
  string: 'text',
  boolean: '`true` or `false`',
};

function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(', or ');
  const types = [schema.type ?? []].flat().map((type) => WORDS[type] ?? type);
  return types.join(', or ');
}

function limitsOf(schema: JsonSchema): string[] {
  const count = (unit: string, min?: number, max?: number): string[] => {
    const most = max === undefined || max >= Number.MAX_SAFE_INTEGER ? null : max;
    if (most !== null) {
      return [`${(min ?? 0).toLocaleString('en')} to ${most.toLocaleString('en')}${unit}`];
    }
    return min === undefined || min <= Number.MIN_SAFE_INTEGER ? [] : [`at least ${min}${unit}`];
  };
  return [
    ...(schema['x-limits'] === undefined ? [] : [schema['x-limits']]),
    ...count('', schema.minimum, schema.maximum),
    ...count(' entries', schema.minItems, schema.maxItems),
    ...count(' characters', schema.minLength, schema.maxLength),
    ...(schema.pattern === undefined
      ? []
      : [`matches \`${schema.pattern.replaceAll('|', '\\|')}\``]),
    ...(schema.anyOf ?? []).flatMap((one) => (one.type === 'object' ? [] : limitsOf(one))),
  ];
}

function defaultOf(schema: JsonSchema): string {
  if (schema.default === undefined) return 'optional';
  return `default \`${typeof schema.default === 'string' && schema.default !== '' ? schema.default : JSON.stringify(schema.default)}\``;
}
