import { z } from 'zod';
import { pipelineSchema } from './pipeline-schema.ts';

/** A JSON Schema as far as the pipeline file's has it; `x-limits` says in words what JSON Schema cannot. */
export interface JsonSchema {
  type?: string | string[];
  description?: string;
  examples?: unknown[];
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  required?: string[];
  items?: JsonSchema;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  'x-limits'?: string;
  $schema?: string;
  title?: string;
}

/** What a pipeline file may hold, as editors read it. Rules over several fields are not in it; `sluice validate` has them all. */
export function pipelineJsonSchema(): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(pipelineSchema, {
    io: 'input',
    override: keepExamples,
  });
  return {
    $schema,
    title: 'A pipeline of Sluice',
    ...(JSON.parse(JSON.stringify(rest)) as JsonSchema),
  };
}

/** zod leaves the examples of what it transforms out, since they might be of the result; ours are of what is written. */
function keepExamples({ zodSchema, jsonSchema }: Parameters<Override>[0]): void {
  const examples = z.globalRegistry.get(zodSchema)?.examples;
  if (Array.isArray(examples)) jsonSchema.examples ??= examples;
}

type Override = NonNullable<NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override']>;
