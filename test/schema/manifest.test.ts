import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { manifestJsonSchema, manifestSchema } from '../../lib/plan/manifest-schema.ts';

test('the published schema of the manifest is the one that the code goes by; npm run schema writes it', () => {
  const published = JSON.parse(readFileSync('schema/manifest.schema.json', 'utf8')) as unknown;
  expect(published).toEqual(JSON.parse(JSON.stringify(manifestJsonSchema())));
});

test.each([
  ['another format', { schema: 'sluice.manifest/2' }],
  ['a field that is not in it', { more: 1 }],
  ['a cause that is none', { failures: [{ cause: 'Weather' }] }],
])('a manifest with %s does not fit', (_, change) => {
  const manifest = {
    schema: 'sluice.manifest/1',
    generation: 1,
    run: { id: 'r', pipeline: 'p', pipelineHash: 'sha256:0', params: {}, status: 'Succeeded' },
    error: null,
    counts: { items: 0, succeeded: 0, failed: 0, cancelled: 0 },
    failures: [],
    items: [],
    merge: null,
    parts: null,
  };
  expect(manifestSchema.safeParse(manifest).success).toBe(true);
  expect(manifestSchema.safeParse({ ...manifest, ...change }).success).toBe(false);
});
