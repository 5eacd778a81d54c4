import { writeFileSync } from 'node:fs';
import { manifestJsonSchema } from '../lib/plan/manifest-schema.ts';
import { pipelineJsonSchema } from '../lib/plan/pipeline-json-schema.ts';

// Writes the published JSON Schemas from the zod schemas that the code goes by: `npm run schema`.
const file = new URL('manifest.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
const pipeline = new URL('pipeline.schema.json', import.meta.url);
writeFileSync(pipeline, `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`);
