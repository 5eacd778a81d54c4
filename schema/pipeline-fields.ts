import { pipelineJsonSchema } from '../lib/plan/pipeline-json-schema.ts';

/** As much of JSON Schema as the pipeline's has. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | false;
  required?: string[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** A mapping of the file; in its path `{name}` stands for any name, and `[]` for any entry of a list. */
export interface Mapping {
  path: string[];
  description: string;
  fields: { name: string; schema: Schema; required: boolean }[];
}

/** All mappings of the pipeline file, each before those in it. */
export function pipelineMappings(): Mapping[] {
  return [...mappingsIn(pipelineJsonSchema() as Schema, [])];
}

function* mappingsIn(schema: Schema, path: string[], description = ''): Generator<Mapping> {
  const said = schema.description ?? description;
  if (schema.properties) {
    const required = schema.required ?? [];
    const entries = Object.entries(schema.properties);
    const fields = entries.map(([name, field]) => ({
      name,
      schema: field,
      required: required.includes(name),
    }));
    yield { path, description: said, fields };
    for (const [name, field] of entries) yield* mappingsIn(field, [...path, name]);
  }
  for (const one of schema.anyOf ?? []) yield* mappingsIn(one, path, said);
  if (schema.items) yield* mappingsIn(schema.items, [...path, '[]'], said);
  if (schema.additionalProperties) {
    yield* mappingsIn(schema.additionalProperties, [...path, '{name}'], said);
  }
}
