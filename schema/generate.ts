import { writeFileSync } from 'node:fs';
import { manifestJsonSchema } from '../lib/plan/manifest-schema.ts';
import { pipelineJsonSchema } from '../lib/plan/pipeline-json-schema.ts';
import { pipelinePage } from './pipeline-page.ts';

// Writes the published JSON Schemas, and the page about the pipeline file, from the zod schemas that the code goes by:
// `npm run schema`.
const write = (file: string, text: string) => writeFileSync(new URL(file, import.meta.url), text);
const json = (schema: object) => `${JSON.stringify(schema, null, 2)}\n`;

write('manifest.schema.json', json(manifestJsonSchema()));
write('pipeline.schema.json', json(pipelineJsonSchema()));
write('../docs/pipeline-file.md', pipelinePage());
