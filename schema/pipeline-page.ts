import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { type Mapping, pipelineMappings, type Schema } from './pipeline-fields.ts';

/** docs/pipeline-file.md: the part that people wrote, and every field as the schema describes it. */
export function pipelinePage(): string {
  const introduction = readFileSync(new URL('pipeline-page.md', import.meta.url), 'utf8');
  return `${[introduction.trim(), ...pipelineMappings().map(section)].join('\n\n')}\n`;
}

function section({ path, description, fields }: Mapping): string {
  const name = path.join('.').replaceAll('.[]', '[]');
  const lines = fields.map((field) => fieldLine(field));
  const heading = path.length === 0 ? '### The file' : `### \`${name}\``;
  return [heading, path.length === 0 ? '' : description, lines.join('\n')]
    .filter(Boolean)
    .join('\n\n');
}

function fieldLine({ name, schema, required }: Mapping['fields'][number]): string {
  const about = [typeOf(schema), required ? 'required' : defaultOf(schema)].filter(Boolean);
  const examples = (schema.examples ?? []).map((example) => code(example)).join(' or ');
  const example = examples ? ` Example: ${examples}.` : '';
  return `- \`${name}\` (${about.join('; ')}): ${schema.description ?? ''}${example}`;
}

function defaultOf({ default: value }: Schema): string {
  return value === undefined || isEmpty(value) ? '' : `default ${code(value)}`;
}

const isEmpty = (value: unknown): boolean =>
  value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

function code(value: unknown): string {
  const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  return `\`${text}\``;
}

/** The type and its limits, in words. */
function typeOf(schema: Schema): string {
  if (schema.title) return schema.title;
  if (schema.enum) return `one of ${schema.enum.map((value) => code(value)).join(', ')}`;
  if (schema.anyOf) return schema.anyOf.map((one) => typeOf(one)).join(' or ');
  if (schema.items) return `list of ${typeOf(schema.items)}, ${countOf(schema)}`;
  if (schema.properties) return 'mapping';
  if (schema.additionalProperties) {
    return `mapping of names to ${typeOf(schema.additionalProperties)}`;
  }
  return [schema.type ?? 'anything'].flat().join(' or ') + limitsOf(schema);
}

function countOf({ minItems = 0, maxItems }: Schema): string {
  const most = maxItems === undefined ? ' or more' : ` to ${thousands(maxItems)}`;
  return `${minItems}${most} entries`;
}

function limitsOf({ minimum, maximum, maxLength }: Schema): string {
  if (maxLength !== undefined) return ` of at most ${thousands(maxLength)} characters`;
  if (minimum === undefined) return '';
  if (maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER) return ` of at least ${minimum}`;
  return ` from ${minimum} to ${thousands(maximum)}`;
}

const thousands = (count: number): string => count.toLocaleString('en-US');
