import { writeFileSync } from 'node:fs';
import { httpApiPage } from './http-api-page.ts';

// Writes docs/http-api.md from what the OpenAPI document is made of: `npm run schema`.
writeFileSync(new URL('../docs/http-api.md', import.meta.url), httpApiPage());
