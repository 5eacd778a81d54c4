import { z } from 'zod';
import { pipelineSchema } from './pipeline-schema.ts';

/** The JSON Schema that is published as schema/pipeline.schema.json, for editors. */
export function pipelineJsonSchema(): object {
  return {
    $id: 'pipeline.schema.json',
    title: 'Sluice pipeline',
    description: 'What starts runs, what their items are, what is done with each, and where.',
    ...z.toJSONSchema(pipelineSchema, { io: 'input', override: withExamples }),
  };
}

/** Zod leaves out the examples of what it transforms, since they might be of what comes out; ours are of what goes in. */
function withExamples({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  const examples = z.globalRegistry.get(zodSchema)?.examples;
  if (Array.isArray(examples)) jsonSchema.examples = examples;
}
