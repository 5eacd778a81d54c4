import { writeFileSync } from 'node:fs';
import { manifestJsonSchema } from '../lib/plan/manifest-schema.ts';

// Writes the published JSON Schemas from the zod schemas that the code goes by: `npm run schema`.
const file = new URL('manifest.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
