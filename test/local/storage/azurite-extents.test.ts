import { expect, test } from 'vitest';
import { unusedExtents } from '../../../local/storage/azurite-extents.ts';
import type { LokiDatabase } from '../../../local/storage/azurite-internals.ts';

const chunk = (id: string) => ({ persistency: { id } });

function database(...docs: object[]): LokiDatabase {
  return { collections: [{ data: docs }] } as unknown as LokiDatabase;
}

test('an extent is unused when no blob, block or page range refers to it and it is old', () => {
  const extents = database(
    ...['blob', 'block', 'page', 'free'].map((id) => ({ id, lastModifiedInMS: 1 })),
    { id: 'young', lastModifiedInMS: 1, LastModifyInMS: 100 },
  );
  const blobs = database(
    chunk('blob'),
    { committedBlocksInOrder: [chunk('block')] },
    { pageRangesInOrder: [chunk('page')] },
    {},
  );
  expect(unusedExtents(extents, blobs, 50)).toEqual(['free']);
});
